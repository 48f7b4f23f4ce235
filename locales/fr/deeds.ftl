deed-add-passkey = ajouter une passkey, qui permet d’entrer dans votre compte
deed-disown-passkey = retirer une passkey de votre compte et fermer toutes les autres sessions
deed-remove-passkey = retirer une passkey de votre compte
deed-make-codes = créer des codes de secours, qui laissent entrer qui les possède
deed-let-in = laisser entrer un autre appareil en votre nom
deed-change-password = changer le mot de passe de votre annuaire
deed-let-device-in = laisser un appareil entrer en votre nom dans une application
