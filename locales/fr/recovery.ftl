code-sign-in = Entrer avec un code de secours
code-sign-in-lead = Avec l’un des codes que vous avez imprimés, vous pouvez ajouter une nouvelle passkey.
recovery-code = Code de secours
recovery-code-help = Douze lettres et chiffres. Il fonctionne une fois ; rayez-le sur votre feuille.
code-refused = Cela n’a rien ouvert. Vérifiez le nom et le code : chaque code fonctionne une fois, et seulement ceux de votre feuille la plus récente. Si cela persiste, demandez un lien à usage unique à votre administrateur.
code-too-many = Il y a eu trop de tentatives. Attendez ({ $time }) et réessayez. Une passkey fonctionne toujours, de même qu’un lien à usage unique de votre administrateur.
code-missing = Saisissez l’un de vos codes de secours.
code-impossible = Ce n’est pas un code de secours : il a douze lettres et chiffres en trois groupes, comme K7QF-3MXD-9WTP, et jamais 0, 1, I, L, O ni U.
