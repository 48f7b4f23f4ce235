sign-in = تسجيل الدخول
sign-out = تسجيل الخروج
language-choice = اللغة
to-content = الانتقال إلى المحتوى
navigation-main = التنقل الرئيسي

instant = { $day } { $month } { $year }، { $time } UTC
day = { $day } { $month } { $year }
month-1 = يناير
month-2 = فبراير
month-3 = مارس
month-4 = أبريل
month-5 = مايو
month-6 = يونيو
month-7 = يوليو
month-8 = أغسطس
month-9 = سبتمبر
month-10 = أكتوبر
month-11 = نوفمبر
month-12 = ديسمبر
duration-minutes = { $count ->
    [one] دقيقة واحدة
    [two] دقيقتان
    [few] { $count } دقائق
   *[other] { $count } دقيقة
}
duration-hours = { $count ->
    [one] ساعة واحدة
    [two] ساعتان
    [few] { $count } ساعات
   *[other] { $count } ساعة
}
duration-days = { $count ->
    [one] يوم واحد
    [two] يومان
    [few] { $count } أيام
   *[other] { $count } يومًا
}

not-done = لم يُنفَّذ
duration-seconds = { $count ->
    [one] ثانية واحدة
    [two] ثانيتان
    [few] { $count } ثوانٍ
   *[other] { $count } ثانية
}
username-missing = أدخل اسم مستخدم.
username-too-long = لا يزيد اسم المستخدم على 50 حرفًا.
username-characters = يتكوّن اسم المستخدم من حروف لاتينية وأرقام ونقاط وشرطات وشرطات سفلية و@، من دون مسافات.
username-beginning = يبدأ اسم المستخدم بحرف أو رقم.
email-wrong = هذا ليس عنوان بريد إلكتروني؛ يكون على شكل ada@example.org.
browser-unknown = متصفح غير معروف
browser-on = { $browser } على { $platform }
email-address = عنوان البريد الإلكتروني
first-name = الاسم الأول
first-name-help = أو اسمك الوحيد إن لم يكن لك غيره.
last-name = اسم العائلة
last-name-help = اتركه فارغًا إن لم يكن لك اسم عائلة.
username = اسم المستخدم
username-help = حروف لاتينية وأرقام ونقاط وشرطات وشرطات سفلية و@. تراه التطبيقات اسمًا لتسجيل دخولك.
email-help = تحصل عليه التطبيقات عندما تطلبه.
continue = متابعة
cancel = إلغاء
copy = نسخ
address = العنوان
browser = المتصفح
code = الرمز
done = تم
remove = إزالة
list-pages = الصفحات
list-previous = السابقة
list-next = التالية
qr-code = رمز QR
