sign-in = Se connecter
sign-out = Se déconnecter
language-choice = Langue
to-content = Aller au contenu
navigation-main = Navigation principale

instant = { $day } { $month } { $year }, { $time } UTC
day = { $day } { $month } { $year }
month-1 = janv.
month-2 = févr.
month-3 = mars
month-4 = avr.
month-5 = mai
month-6 = juin
month-7 = juill.
month-8 = août
month-9 = sept.
month-10 = oct.
month-11 = nov.
month-12 = déc.
duration-seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } secondes
}
duration-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
duration-hours = { $count ->
    [one] { $count } heure
   *[other] { $count } heures
}
duration-days = { $count ->
    [one] { $count } jour
   *[other] { $count } jours
}

not-done = Non effectué
username-missing = Saisissez un nom d’utilisateur.
username-too-long = Un nom d’utilisateur a 50 caractères au plus.
username-characters = Un nom d’utilisateur se compose de lettres sans accent, de chiffres, de points, de traits d’union, de tirets bas et de @, sans espaces.
username-beginning = Un nom d’utilisateur commence par une lettre ou un chiffre.
email-wrong = Ce n’est pas une adresse e-mail ; elle ressemble à ada@example.org.
browser-unknown = Navigateur inconnu
browser-on = { $browser } sur { $platform }
email-address = Adresse e-mail
first-name = Prénom
first-name-help = Ou votre seul nom, si vous n’en avez qu’un.
last-name = Nom
last-name-help = Laissez ce champ vide si vous n’en avez pas.
username = Nom d’utilisateur
username-help = Lettres sans accent, chiffres, points, traits d’union, tirets bas et @. Les applications le voient comme votre nom de connexion.
email-help = Les applications la reçoivent si elles la demandent.
continue = Continuer
cancel = Annuler
copy = Copier
address = Adresse
browser = Navigateur
code = Code
done = Terminé
remove = Supprimer
list-pages = Pages
list-previous = Précédente
list-next = Suivante
qr-code = Code QR
