deed-add-passkey = إضافة مفتاح مرور يسجّل الدخول إلى حسابك
deed-disown-passkey = إزالة مفتاح مرور من حسابك وإنهاء كل الجلسات الأخرى
deed-remove-passkey = إزالة مفتاح مرور من حسابك
deed-make-codes = إنشاء رموز استرداد تُدخل من يملكها
deed-let-in = السماح لجهاز آخر بالدخول باسمك
deed-change-password = تغيير كلمة مرور الدليل
deed-let-device-in = السماح لجهاز بالدخول باسمك إلى تطبيق
