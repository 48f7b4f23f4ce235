error-not-found = Página no encontrada
error-not-found-message = No hay nada en esta dirección. Compruébela o vuelva al inicio.
error-forbidden = No permitido
error-too-many-requests = Demasiadas solicitudes
error-too-many-requests-message = Llegaron demasiadas solicitudes desde su dirección. Inténtelo de nuevo en { $seconds ->
    [one] { $seconds } segundo
   *[other] { $seconds } segundos
}.
error-our-fault = Algo salió mal
error-our-fault-message = Algo salió mal por nuestra parte y ha quedado registrado. Inténtelo de nuevo; si continúa, dé a su administrador el número de abajo.
error-to-start = Ir al inicio
error-number = Número de esta solicitud: <code>{ $number }</code>
error-cross-site = Formulario rechazado
error-cross-site-message = El formulario se envió desde otro sitio, o a través de un proxy que oculta de dónde venía. Abra la página aquí y envíelo de nuevo.
error-wrong-method = No es posible
error-wrong-method-message = Esta dirección no se puede usar así. Vuelva atrás y use los botones de la página.
error-too-large = Demasiado grande
error-too-large-message = Lo que se envió es más grande de lo que acepta esta página.
error-not-understood = No se entiende
error-not-understood-message = Lo que se envió no se puede leer. Vuelva atrás, cargue de nuevo la página e inténtelo otra vez.
error-took-too-long = Ha tardado demasiado
error-took-too-long-message = Esto tardó más de lo esperado y se abandonó. Inténtelo de nuevo en un momento.

error-not-an-administrator = Esta página es para administradores. Ha iniciado sesión con una cuenta que no lo es.
error-form-unreadable = El formulario no se puede leer. Vuelva atrás, recargue la página e inténtelo de nuevo.
error-no-longer-kept = Ya no se conserva
error-no-longer-kept-message = Lo que envió se conservó seis minutos y podía enviarse una vez. Eso ha terminado, y no ha cambiado nada más. Mire la página a la que iba; si todavía hay que hacerlo, hágalo allí de nuevo.
error-proof-needed = Confirme con su passkey que es usted e inténtelo de nuevo.
