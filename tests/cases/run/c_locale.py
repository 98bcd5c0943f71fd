# The C library's locale, its catalogs and its log.
import _locale
import syslog

print(_locale.setlocale(_locale.LC_ALL, "C"), _locale.localeconv())
print(_locale.nl_langinfo(_locale.DAY_1), _locale.strcoll("a", "b") < 0, _locale.strxfrm("abc"))
print(_locale.gettext("message"), _locale.textdomain("domain"), _locale.bindtextdomain("domain", "/tmp"))
for call in (
    lambda: _locale.setlocale(99),
    lambda: _locale.setlocale(_locale.LC_ALL, "no such"),
    lambda: _locale.nl_langinfo(99999),
    lambda: _locale.strxfrm("a\0"),
    lambda: _locale.bindtextdomain("", None),
    lambda: syslog.syslog(1, 2),
    lambda: syslog.openlog(3),
):
    try:
        print(call())
    except Exception as error:
        print(type(error).__name__, error)
print(syslog.LOG_MASK(3), syslog.LOG_UPTO(syslog.LOG_WARNING), syslog.setlogmask(255))
