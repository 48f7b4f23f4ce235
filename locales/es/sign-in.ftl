sign-in-to-app = Inicie sesión para continuar a { $app }
sign-in-as = Ha iniciado sesión como { $name }. Confirme con su passkey que es usted, o use la passkey de otra cuenta.
sign-in-signed-out = Ha cerrado la sesión.
sign-in-no-script = Las passkeys necesitan JavaScript, que está desactivado en esta página. Actívelo y vuelva a cargar la página, o use una de las otras formas de abajo: funcionan sin él.
sign-in-with-passkey = Iniciar sesión con una passkey
username-or-email = Nombre de usuario o correo electrónico
sign-in-username-help = Puede dejarlo vacío. Es posible que su navegador le ofrezca sus passkeys cuando lo seleccione.
sign-in-keep = Mantener la sesión abierta en este navegador
sign-in-keep-help = Durante { $days ->
    [one] { $days } día
   *[other] { $days } días
}. Solo en un dispositivo que sea suyo.
sign-in-use-phone = Usar su teléfono o tableta
sign-in-use-key = Usar una llave de seguridad
sign-in-by-password = ¿Aún no tiene passkey? <password>Iniciar sesión con la contraseña de su directorio</password>
sign-in-sign-up = ¿Es nuevo aquí? <sign-up>Crear una cuenta</sign-up>
sign-in-other-ways = Otras formas de iniciar sesión
sign-in-not-at-hand = ¿No tiene la passkey a mano?
sign-in-by-device = <device>Iniciar sesión con otro dispositivo</device> en el que ya tenga la sesión abierta
sign-in-by-code = <code-page>Usar un código de recuperación</code-page> que haya impreso
sign-in-by-mail = <mail>Recibir un enlace de acceso por correo electrónico</mail>
sign-in-ask-administrator = O pida a su administrador un enlace de un solo uso

sign-in-deleted = Su cuenta se ha eliminado y se ha cerrado la sesión.
sign-in-welcome-back = Le damos de nuevo la bienvenida, { $name }
sign-in-to-app-line = Inicie sesión para continuar a { $app }.
sign-in-not-you = ¿No es usted?
back-to-sign-in = Volver al inicio de sesión
sign-in-with-passkey-instead = Mejor iniciar sesión con una passkey
then-to-app = Después continuará a { $app }.
