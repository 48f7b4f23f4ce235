code-sign-in = Entrar con un código de recuperación
code-sign-in-lead = Con uno de los códigos que imprimió puede añadir una nueva passkey.
recovery-code = Código de recuperación
recovery-code-help = Doce letras y cifras. Funciona una vez; táchelo en su hoja.
code-refused = Eso no abrió nada. Compruebe el nombre y el código: cada código funciona una vez, y solo los de su hoja más reciente. Si sigue así, pida a su administrador un enlace de un solo uso.
code-too-many = Ha habido demasiados intentos. Espere ({ $time }) e inténtelo de nuevo. Mientras tanto funciona una passkey, y también un enlace de un solo uso de su administrador.
code-missing = Escriba uno de sus códigos de recuperación.
code-impossible = Esto no es un código de recuperación: tiene doce letras y cifras en tres grupos, como K7QF-3MXD-9WTP, y nunca 0, 1, I, L, O ni U.
