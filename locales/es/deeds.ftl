deed-add-passkey = añadir una passkey, con la que se entra en su cuenta
deed-disown-passkey = quitar una passkey de su cuenta y cerrar todas las demás sesiones
deed-remove-passkey = quitar una passkey de su cuenta
deed-make-codes = crear códigos de recuperación, que dejan entrar a quien los tenga
deed-let-in = dejar entrar a otro dispositivo en su nombre
deed-change-password = cambiar la contraseña de su directorio
deed-let-device-in = dejar que un dispositivo entre en una aplicación en su nombre
