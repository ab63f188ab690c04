"""The users of the demo, as plain values: names, methods, groups, and what each shows."""

from dataclasses import dataclass

PASSWORD = "blue-lamp-on-monday"  # noqa: S105  (shared by all demo users, and printed when the demo starts)


@dataclass(frozen=True, kw_only=True)
class DemoUser:
    """One demo user.

    Shape: `number` E.164; `methods` are set up with it or with a new secret; `groups` are created if missing.
    """

    name: str
    full_name: str
    about: str
    number: str = ""
    methods: tuple[str, ...] = ()
    has_backup: bool = False
    groups: tuple[str, ...] = ()
    is_staff: bool = False
    is_superuser: bool = False


DEMO_USERS = (
    DemoUser(
        name="ana",
        full_name="Ana Keller",
        about="can use a text, a call, an authenticator app or a recovery code",
        number="+41795550123",
        methods=("text", "totp"),
        has_backup=True,
    ),
    DemoUser(
        name="ben",
        full_name="Ben Roth",
        about="has no method yet and has to register first",
        number="+41785550145",
    ),
    DemoUser(
        name="cleo",
        full_name="Cleo Meier",
        about="has only an authenticator app",
        methods=("totp",),
    ),
    DemoUser(
        name="dev",
        full_name="Dev Patel",
        about="works at the support desk (app, recovery codes; /admin/)",
        methods=("totp",),
        has_backup=True,
        groups=("Support desk",),
        is_staff=True,
    ),
    DemoUser(
        name="fay",
        full_name="Fay Huber",
        about="administers everything (app, recovery codes; /admin/)",
        methods=("totp",),
        has_backup=True,
        is_staff=True,
        is_superuser=True,
    ),
    DemoUser(
        name="opal",
        full_name="Opal Frei",
        about="operates the service: deliveries, outages, costs (app, recovery codes; /admin/)",
        methods=("totp",),
        has_backup=True,
        groups=("Operators",),
        is_staff=True,
    ),
)

# Ben's second phone number, to be set up with an extension.
OFFICE = ("+41445550167", "Office, ext. 12")


def phones() -> tuple[tuple[str, str], ...]:
    """Return the phones of the demo users: number and owner."""
    return (*((person.number, person.full_name) for person in DEMO_USERS if person.number), OFFICE)
