sign-in-to-app = Connectez-vous pour continuer vers { $app }
sign-in-as = Vous êtes connecté en tant que { $name }. Confirmez avec votre passkey que c’est bien vous, ou utilisez la passkey d’un autre compte.
sign-in-signed-out = Vous êtes déconnecté.
sign-in-no-script = Les passkeys ont besoin de JavaScript, qui est désactivé pour cette page. Activez-le et rechargez la page, ou utilisez l’un des autres moyens ci-dessous : ils fonctionnent sans.
sign-in-with-passkey = Se connecter avec une passkey
username-or-email = Nom d’utilisateur ou adresse e-mail
sign-in-username-help = Vous pouvez laisser ce champ vide. Votre navigateur peut vous proposer vos passkeys lorsque vous le sélectionnez.
sign-in-keep = Rester connecté dans ce navigateur
sign-in-keep-help = Pendant { $days ->
    [one] { $days } jour
   *[other] { $days } jours
}. Seulement sur un appareil qui est à vous.
sign-in-use-phone = Utiliser votre téléphone ou votre tablette
sign-in-use-key = Utiliser une clé de sécurité
sign-in-by-password = Pas encore de passkey ? <password>Se connecter avec le mot de passe de votre annuaire</password>
sign-in-sign-up = Nouveau ici ? <sign-up>Créer un compte</sign-up>
sign-in-other-ways = Autres moyens de se connecter
sign-in-not-at-hand = Pas de passkey sous la main ?
sign-in-by-device = <device>Se connecter avec un autre appareil</device> où vous êtes déjà connecté
sign-in-by-code = <code-page>Utiliser un code de secours</code-page> que vous avez imprimé
sign-in-by-mail = <mail>Recevoir un lien de connexion par e-mail</mail>
sign-in-ask-administrator = Ou demandez un lien à usage unique à votre administrateur

sign-in-deleted = Votre compte a été supprimé, et vous êtes déconnecté.
sign-in-welcome-back = Bon retour, { $name }
sign-in-to-app-line = Connectez-vous pour continuer vers { $app }.
sign-in-not-you = Ce n’est pas vous ?
back-to-sign-in = Retour à la connexion
sign-in-with-passkey-instead = Se connecter plutôt avec une passkey
then-to-app = Vous continuerez ensuite vers { $app }.
