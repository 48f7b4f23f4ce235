error-not-found = Page introuvable
error-not-found-message = Il n’y a rien à cette adresse. Vérifiez-la, ou retournez au début.
error-forbidden = Non autorisé
error-too-many-requests = Trop de requêtes
error-too-many-requests-message = Trop de requêtes sont venues de votre adresse. Réessayez dans { $seconds ->
    [one] { $seconds } seconde
   *[other] { $seconds } secondes
}.
error-our-fault = Une erreur s’est produite
error-our-fault-message = Une erreur s’est produite de notre côté et a été consignée. Réessayez ; si elle persiste, donnez le numéro ci-dessous à votre administrateur.
error-to-start = Aller au début
error-number = Numéro de cette requête : <code>{ $number }</code>
error-cross-site = Formulaire refusé
error-cross-site-message = Le formulaire a été envoyé depuis un autre site, ou par un proxy qui cache d’où il venait. Ouvrez la page ici et envoyez-le de nouveau.
error-wrong-method = Impossible
error-wrong-method-message = Cette adresse ne peut pas être utilisée ainsi. Revenez en arrière et utilisez les boutons de la page.
error-too-large = Trop grand
error-too-large-message = Ce qui a été envoyé est plus grand que ce que cette page accepte.
error-not-understood = Non compris
error-not-understood-message = Ce qui a été envoyé est illisible. Revenez en arrière, rechargez la page et réessayez.
error-took-too-long = Trop long
error-took-too-long-message = Cela a pris plus de temps que prévu et a été abandonné. Réessayez dans un instant.

error-not-an-administrator = Cette page est réservée aux administrateurs. Vous êtes connecté avec un compte qui n’en est pas un.
error-form-unreadable = Le formulaire est illisible. Revenez en arrière, rechargez la page et réessayez.
error-no-longer-kept = N’est plus conservé
error-no-longer-kept-message = Ce que vous avez envoyé a été conservé six minutes et pouvait être transmis une fois. C’est terminé, et rien d’autre n’a changé. Regardez la page concernée ; si c’est encore à faire, refaites-le là.
error-proof-needed = Confirmez avec votre passkey que c’est bien vous, puis réessayez.
