error-not-found = الصفحة غير موجودة
error-not-found-message = لا يوجد شيء على هذا العنوان. تحقّق منه، أو عُد إلى البداية.
error-forbidden = غير مسموح
error-too-many-requests = طلبات كثيرة جدًا
error-too-many-requests-message = وردت طلبات كثيرة جدًا من عنوانك. حاول مرة أخرى بعد { $seconds ->
    [one] ثانية واحدة
    [two] ثانيتين
    [few] { $seconds } ثوانٍ
   *[other] { $seconds } ثانية
}.
error-our-fault = حدث خطأ ما
error-our-fault-message = حدث خطأ من جانبنا وسُجّل. حاول مرة أخرى؛ وإذا استمر فأعطِ المسؤول الرقم أدناه.
error-to-start = إلى البداية
error-number = رقم هذا الطلب: <code>{ $number }</code>
error-cross-site = رُفض النموذج
error-cross-site-message = أُرسل النموذج من موقع آخر، أو عبر وكيل يخفي مصدره. افتح الصفحة هنا وأرسله مرة أخرى.
error-wrong-method = غير ممكن
error-wrong-method-message = لا يمكن استخدام هذا العنوان بهذه الطريقة. ارجع واستخدم أزرار الصفحة.
error-too-large = كبير جدًا
error-too-large-message = ما أُرسل أكبر مما تقبله هذه الصفحة.
error-not-understood = غير مفهوم
error-not-understood-message = تعذّرت قراءة ما أُرسل. ارجع وأعد تحميل الصفحة وحاول مرة أخرى.
error-took-too-long = استغرق وقتًا طويلًا
error-took-too-long-message = استغرق هذا وقتًا أطول من المتوقع فأُوقف. حاول مرة أخرى بعد قليل.

error-not-an-administrator = هذه الصفحة للمسؤولين. أنت مسجّل الدخول بحساب ليس حساب مسؤول.
error-form-unreadable = تعذّرت قراءة النموذج. ارجع وأعد تحميل الصفحة وحاول مرة أخرى.
error-no-longer-kept = لم يعد محفوظًا
error-no-longer-kept-message = ما أرسلته حُفظ ست دقائق وكان يمكن إرساله مرة واحدة. انتهى ذلك ولم يتغيّر شيء آخر. انظر إلى الصفحة المعنية؛ وإن كان لا بد منه فافعله هناك من جديد.
error-proof-needed = أكّد هويتك بمفتاح المرور ثم حاول مرة أخرى.
