sign-in-to-app = سجّل الدخول للمتابعة إلى { $app }
sign-in-as = أنت مسجّل الدخول باسم { $name }. أكّد هويتك بمفتاح المرور، أو استخدم مفتاح مرور لحساب آخر.
sign-in-signed-out = تم تسجيل خروجك.
sign-in-no-script = تحتاج مفاتيح المرور إلى JavaScript، وهو معطّل في هذه الصفحة. فعّله ثم أعد تحميل الصفحة، أو استخدم إحدى الطرق الأخرى أدناه: فهي تعمل من دونه.
sign-in-with-passkey = تسجيل الدخول بمفتاح مرور
username-or-email = اسم المستخدم أو البريد الإلكتروني
sign-in-username-help = يمكنك ترك هذا الحقل فارغًا. قد يعرض متصفحك مفاتيح المرور عند تحديده.
sign-in-keep = البقاء مسجّل الدخول في هذا المتصفح
sign-in-keep-help = لمدة { $days ->
    [one] يوم واحد
    [two] يومين
    [few] { $days } أيام
   *[other] { $days } يومًا
}. على جهازك الخاص فقط.
sign-in-use-phone = استخدام الهاتف أو الجهاز اللوحي
sign-in-use-key = استخدام مفتاح أمان
sign-in-by-password = ليس لديك مفتاح مرور بعد؟ <password>سجّل الدخول بكلمة مرور الدليل</password>
sign-in-sign-up = جديد هنا؟ <sign-up>أنشئ حسابًا</sign-up>
sign-in-other-ways = طرق أخرى لتسجيل الدخول
sign-in-not-at-hand = مفتاح المرور ليس في متناول يدك؟
sign-in-by-device = <device>سجّل الدخول باستخدام جهاز آخر</device> أنت مسجّل الدخول عليه
sign-in-by-code = <code-page>استخدم رمز استرداد</code-page> طبعته من قبل
sign-in-by-mail = <mail>احصل على رابط دخول بالبريد الإلكتروني</mail>
sign-in-ask-administrator = أو اطلب من المسؤول رابطًا لمرة واحدة

sign-in-deleted = حُذف حسابك وسُجّل خروجك.
sign-in-welcome-back = مرحبًا بعودتك، { $name }
sign-in-to-app-line = سجّل الدخول للمتابعة إلى { $app }.
sign-in-not-you = ليس أنت؟
back-to-sign-in = العودة إلى تسجيل الدخول
sign-in-with-passkey-instead = تسجيل الدخول بمفتاح مرور بدلًا من ذلك
then-to-app = ثم تتابع إلى { $app }.
