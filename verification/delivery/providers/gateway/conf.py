"""What an operator sets for the gateway. Read at call time."""

from dataclasses import dataclass

from verification.setting import Section, Setting, formats

REQUEST = '{"to": "{to}", "text": "{words}", "from": "{sender}", "id": "{id}", "callback": "{receipt_url}"}'
_STATES = ("accepted", "sent", "delivered", "undelivered", "failed")

GATEWAY = Section(
    "Gateway",
    "Texts by the provider `gateway`: any carrier that takes a text by one HTTP POST. The words go into the body, "
    "never into the address. Places in answers and receipts are paths such as `messages.0.id`.",
    families=("GATEWAY_",),
)

url: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_URL",
    formats.url(example="https://texts.example.net/send"),
    default="",
    meaning="where requests go",
)
token: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_TOKEN",
    formats.text(example="a-token"),
    default="",
    meaning="sent as `Authorization: Bearer ...`",
    is_secret=True,
)
headers: Setting[dict[str, str]] = Setting(
    GATEWAY,
    "GATEWAY_HEADERS",
    formats.pairs(example="X-Api-Key=abc"),
    default={},
    meaning="further headers",
    is_secret=True,
)
request: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_REQUEST",
    formats.text("a JSON object", example='{"number": "{to_digits}", "message": "{words}"}'),
    default=REQUEST,
    meaning="the body as JSON; further marks: `{to_digits}`, `{seconds}` (life of the code), `{language}`",
)
form: Setting[bool] = Setting(GATEWAY, "GATEWAY_FORM", formats.flag, default=False, meaning="1: the same as a form")
sender: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_SENDER",
    formats.text("a number or a name", example="Example"),
    default="",
    meaning="what texts come from, where no route says otherwise",
    is_sender=True,
)


def _place(name: str, default: str, meaning: str) -> Setting[str]:
    return Setting(GATEWAY, name, formats.text("a path", example="messages.0.key"), default=default, meaning=meaning)


reference = _place("GATEWAY_REFERENCE", "id", "where the answer holds the carrier's reference")
error = _place("GATEWAY_ERROR", "error", "where the answer holds its error")
probe_url: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_PROBE_URL",
    formats.url(example="https://texts.example.net/"),
    default="",
    default_text="`GATEWAY_URL`",
    meaning="a host whose listening port says that the carrier is there",
)
receipt_keys: Setting[tuple[str, ...]] = Setting(
    GATEWAY,
    "GATEWAY_RECEIPT_KEYS",
    formats.words("keys, separated by commas", example="a-key-shared-with-the-carrier,the-key-before"),
    default=(),
    meaning="keys shared with the carrier: receipts bear an HMAC-SHA-256 in hex under one of them; the first is the "
    "present one",
    is_secret=True,
    is_shared=True,
)
signed: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_SIGNED",
    formats.text("a text with {time}, {url} and {body}", example="{body}"),
    default="{time}.{url}.{body}",
    meaning="what the signature covers; without `{url}`, `GATEWAY_RECEIPT_ID` is wanted",
)
signature_header: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_SIGNATURE_HEADER",
    formats.text("a header", example="X-Carrier-Signature"),
    default="X-Signature",
    meaning="where the signature stands",
)
time_header: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_TIME_HEADER",
    formats.text("a header", example="X-Carrier-Time"),
    default="X-Timestamp",
    meaning="where the time stands, in Unix seconds; it may be five minutes off",
)
receipt_id = _place("GATEWAY_RECEIPT_ID", "", "where a receipt holds our `{id}`")
receipt_state = _place("GATEWAY_RECEIPT_STATE", "status", "where a receipt holds the state")
receipt_reason = _place("GATEWAY_RECEIPT_REASON", "error", "where a receipt holds the reason")
receipt_reference = _place(
    "GATEWAY_RECEIPT_REFERENCE",
    "id",
    "where a receipt holds the reference, which must be the one of the answer; name a place that does not exist if the "
    "carrier has other ones",
)
states: Setting[dict[str, str]] = Setting(
    GATEWAY,
    "GATEWAY_STATES",
    formats.pairs(example="DELIVRD=delivered,UNDELIV=undelivered", values=_STATES),
    default={},
    meaning="the carrier's words for ours",
)
reasons: Setting[dict[str, str]] = Setting(
    GATEWAY,
    "GATEWAY_REASONS",
    formats.pairs(example="E17=landline,E21=invalid_number"),
    default={},
    meaning="the same for reasons: unreachable, landline, blocked, opted_out, invalid_number, filtered, rate_limited, "
    "country_closed, provider_down",
)


@dataclass(frozen=True, kw_only=True)
class Conf:
    """How the carrier wants to be asked, how it answers, and how it signs what it reports.

    Shape: `request` is a JSON object whose words may hold `{to} {to_digits} {words} {sender} {id} {receipt_url}
    {seconds} {language}`, sent as JSON or as a form. Places in answers and receipts are paths such as
    `messages.0.id`. `signed` is what a receipt's signature covers, of `{time}`, `{url}` and `{body}`; of several
    `keys` the first is the present one. `states` and `reasons` turn the carrier's words into ours.
    """

    url: str
    token: str
    headers: dict[str, str]
    request: str
    as_form: bool
    sender: str
    reference: str
    error: str
    probe_url: str
    keys: tuple[str, ...]
    signature_header: str
    time_header: str
    signed: str
    receipt_id: str
    receipt_state: str
    receipt_reason: str
    receipt_reference: str
    states: dict[str, str]
    reasons: dict[str, str]


def read() -> Conf:
    """Read the settings."""
    return Conf(
        url=url(),
        token=token(),
        headers=headers(),
        request=request(),
        as_form=form(),
        sender=sender(),
        reference=reference(),
        error=error(),
        probe_url=probe_url(),
        keys=receipt_keys(),
        signature_header=signature_header(),
        time_header=time_header(),
        signed=signed(),
        receipt_id=receipt_id(),
        receipt_state=receipt_state(),
        receipt_reason=receipt_reason(),
        receipt_reference=receipt_reference(),
        states=states(),
        reasons=reasons(),
    )
