sign-in = Iniciar sesión
sign-out = Cerrar sesión
language-choice = Idioma
to-content = Ir al contenido
navigation-main = Navegación principal

instant = { $day } { $month } { $year }, { $time } UTC
day = { $day } { $month } { $year }
month-1 = ene.
month-2 = feb.
month-3 = mar.
month-4 = abr.
month-5 = may.
month-6 = jun.
month-7 = jul.
month-8 = ago.
month-9 = sept.
month-10 = oct.
month-11 = nov.
month-12 = dic.
duration-seconds = { $count ->
    [one] { $count } segundo
   *[other] { $count } segundos
}
duration-minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}
duration-hours = { $count ->
    [one] { $count } hora
   *[other] { $count } horas
}
duration-days = { $count ->
    [one] { $count } día
   *[other] { $count } días
}

not-done = No realizado
username-missing = Escriba un nombre de usuario.
username-too-long = Un nombre de usuario tiene 50 caracteres como máximo.
username-characters = Un nombre de usuario se compone de letras sin acento, cifras, puntos, guiones, guiones bajos y @, sin espacios.
username-beginning = Un nombre de usuario empieza por una letra o una cifra.
email-wrong = Esto no es una dirección de correo; una tiene la forma ada@example.org.
browser-unknown = Navegador desconocido
browser-on = { $browser } en { $platform }
email-address = Correo electrónico
first-name = Nombre
first-name-help = También su único nombre, si solo tiene uno.
last-name = Apellidos
last-name-help = Déjelo vacío si no tiene.
username = Nombre de usuario
username-help = Letras sin acento, cifras, puntos, guiones, guiones bajos y @. Las aplicaciones lo ven como su nombre de acceso.
email-help = Las aplicaciones la reciben si la piden.
continue = Continuar
cancel = Cancelar
copy = Copiar
address = Dirección
browser = Navegador
code = Código
done = Listo
remove = Quitar
list-pages = Páginas
list-previous = Anterior
list-next = Siguiente
qr-code = Código QR
