"""Headers, cookies, fields and bodies that nobody expects, for tests that send them to every address."""

from tests.every_page import odd_values
from tests.simulated.people import BENS, PASSWORD

FORM, PARTS, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"

VERBS = ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "A" * 300)

HEADERS = [
    f"HTTP_{name.upper().replace('-', '_')}"
    for name in (
        *("accept", "accept-encoding", "accept-language", "authorization", "auth-method", "auth-pass", "auth-protocol"),
        *(
            "auth-user",
            "client-ip",
            "cookie",
            "host",
            "if-modified-since",
            "if-none-match",
            "origin",
            "range",
            "referer",
        ),
        *("user-agent", "x-csrftoken", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-protocol"),
        *(
            "x-http-method-override",
            "x-real-ip",
            "x-request-id",
            "x-requested-with",
            "x-service-key",
            "x-twilio-signature",
        ),
    )
]

COOKIES = ("mfa_session", "mfa_csrf", "mfa_browser", "django_language", "messages", "__Host-session", "other")

GOOD = {
    "username": "ana",
    "password": PASSWORD,
    "new_password": "green-tram-on-friday-7",
    "code": "000000",
    "number": BENS,
    "country": "CH",
    "name": "somebody",
    "reason": "They asked.",
    "ticket": "T-1",
    "text": "Words.",
    "email": "a@example.org",
    "has_helped": "no",
    "program": "mail",
    "language": "en",
    "time_zone": "UTC",
    "method": "text",
    "kind": "people",
    "why": "A mistake.",
    "note": "Number in the file.",
    "caller_method": "call_back",
    "people": str(odd_values.KEY),
    "action": "unlock",
    "confirmed": "1",
    "life": "60",
    "length": "8",
    "seconds": "300",
    "days": "90",
    "state": "enforced",
    "answer": "agree",
    "next": "/methods/",
}

# Names that views read beside those of their forms.
NAMES = (
    *(
        "about",
        "action",
        "actor",
        "after",
        "alive",
        "all",
        "before",
        "begin",
        "confirmed",
        "e",
        "group",
        "helped",
        "keys",
    ),
    *("kind", "method", "mode", "network", "next", "o", "option", "p", "panel", "people", "person", "q", "remember"),
    *(
        "remove",
        "seen",
        "since",
        "state",
        "to",
        "trouble",
        "until",
        "caller_method",
        "_changelist_filters",
        "_popup",
        "_to_field",
    ),
)

BODIES: tuple[tuple[str, bytes], ...] = (
    (PARTS, b""),
    (PARTS, b"--b\r\nno end"),
    (PARTS, b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\xfe\0\r\n--b--\r\n'),
    (PARTS, b'--b\r\nContent-Disposition: form-data; name="a\0"; filename="\0\xff/../x"\r\n\r\nx\r\n--b--\r\n'),
    (
        PARTS,
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\nContent-Type: a; charset=no\r\n\r\n--b--',
    ),
    (
        PARTS,
        b'--b\r\nContent-Disposition: form-data; name="q"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--b--\r\n',
    ),
    (PARTS, b"--b\r\n" + b"X: y\r\n" * 2_000 + b"\r\n\r\n--b--\r\n"),
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=" + "b" * 500, b"x"),
    ("multipart/mixed; boundary=b", b"--b--"),
    (FORM, b"\xff\xfe=\xed\xa0\x80&%ff=%00&&==&a[b]=%zz"),
    (FORM, b"x" * 1_000_000),
    (FORM, b"a=1&" * 1_000),
    (FORM, b"next=/&next=//evil&code=1&code=2&username=a&username=b"),
    (f"{FORM}; charset=rot13", b"a=1"),
    (f"{FORM}; charset=utf-16", b"\xff\xfea\0=\x001\0"),
    (JSON, b"[" * 100_000),
    (JSON, b'{"a": NaN, "b": Infinity, "c": 1e999, "d": ' + b"9" * 10_000 + b"}"),
    (JSON, rb'{"\ud800": "\u0000"}'),
    (f"{JSON}; charset*=nowhere''x", b"null"),
    ("text/plain\0", b"\0"),
    ("x" * 5_000, b""),
    ("", b"x"),
)
