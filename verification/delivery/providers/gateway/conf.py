"""Settings of the gateway provider."""

from dataclasses import dataclass

from verification.declaring_settings import Setting, SettingsSection, formats

REQUEST = '{"to": "{to}", "text": "{words}", "from": "{sender}", "id": "{id}", "callback": "{receipt_url}"}'
_STATES = ("accepted", "sent", "delivered", "undelivered", "failed")

GATEWAY = SettingsSection(
    "Gateway",
    "Texts by the provider `gateway`: any service that accepts a text as one HTTP POST and answers in JSON. The text "
    "goes into the body, never into the address. `GATEWAY_URL` and `GATEWAY_RECEIPT_KEYS` are required. If the gateway "
    "can't sign receipts, set a random key that nobody else has: texts are sent, but what happened to them afterwards "
    "isn't known. Places in responses and receipts are paths such as `messages.0.id`.",
    families=("GATEWAY_",),
)

url: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_URL",
    formats.url(example="https://texts.example.net/send"),
    default="",
    meaning="where requests are sent",
    is_secret=True,  # many gateways take a key in the address, or in the body
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
    meaning="the body as JSON; further placeholders: `{to_digits}`, `{seconds}` (how long the code is valid), "
    "`{language}`",
    is_secret=True,
)
form: Setting[bool] = Setting(
    GATEWAY, "GATEWAY_FORM", formats.flag, default=False, meaning="1: send the body as a form instead of JSON"
)
sender: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_SENDER",
    formats.text("a number or a name", example="Example"),
    default="",
    meaning="the sender of texts, unless a route names another",
    is_sender=True,
)


def _place(name: str, default: str, meaning: str) -> Setting[str]:
    return Setting(GATEWAY, name, formats.text("a path", example="messages.0.key"), default=default, meaning=meaning)


reference = _place("GATEWAY_REFERENCE", "id", "where the response has the gateway's reference")
error = _place("GATEWAY_ERROR", "error", "where the response has its error")
probe_url: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_PROBE_URL",
    formats.url(example="https://texts.example.net/"),
    default="",
    default_text="`GATEWAY_URL`",
    meaning="a host whose open port shows that the gateway can be reached",
)
receipt_keys: Setting[tuple[str, ...]] = Setting(
    GATEWAY,
    "GATEWAY_RECEIPT_KEYS",
    formats.words("keys, separated by commas", example="a-key-shared-with-the-carrier,the-key-before"),
    default=(),
    meaning="keys shared with the gateway: receipts carry an HMAC-SHA-256 in hex under any of them; list the current "
    "key first",
    is_secret=True,
    is_shared=True,
)
signed: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_SIGNED",
    formats.text("a text with {time}, {url} and {body}", example="{body}"),
    default="{time}.{url}.{body}",
    meaning="what the signature covers; without `{url}`, set `GATEWAY_RECEIPT_ID`",
)
signature_header: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_SIGNATURE_HEADER",
    formats.text("a header", example="X-Carrier-Signature"),
    default="X-Signature",
    meaning="the header with the signature",
)
time_header: Setting[str] = Setting(
    GATEWAY,
    "GATEWAY_TIME_HEADER",
    formats.text("a header", example="X-Carrier-Time"),
    default="X-Timestamp",
    meaning="the header with the time in Unix seconds; it may differ from ours by five minutes",
)
receipt_id = _place("GATEWAY_RECEIPT_ID", "", "where a receipt has our `{id}`")
receipt_state = _place("GATEWAY_RECEIPT_STATE", "status", "where a receipt has the state")
receipt_reason = _place("GATEWAY_RECEIPT_REASON", "error", "where a receipt has the reason")
receipt_reference = _place(
    "GATEWAY_RECEIPT_REFERENCE",
    "id",
    "where a receipt has the reference, which must be the one in the response; if the gateway uses different "
    "ones, name a place that does not exist",
)
states: Setting[dict[str, str]] = Setting(
    GATEWAY,
    "GATEWAY_STATES",
    formats.pairs(example="DELIVRD=delivered,UNDELIV=undelivered", values=_STATES),
    default={},
    meaning="the gateway's states, and ours for each",
)
reasons: Setting[dict[str, str]] = Setting(
    GATEWAY,
    "GATEWAY_REASONS",
    formats.pairs(example="E17=landline,E21=invalid_number"),
    default={},
    meaning="the gateway's reasons, and ours for each: unreachable, landline, blocked, opted_out, invalid_number, "
    "filtered, rate_limited, country_closed, provider_down",
)


@dataclass(frozen=True, kw_only=True)
class Conf:
    """How the gateway expects requests, how it responds, and how it signs receipts.

    Shape: `request` is a JSON object with the placeholders `{to} {to_digits} {words} {sender} {id} {receipt_url}
    {seconds} {language}`, sent as JSON or as a form. Places in responses and receipts are paths such as
    `messages.0.id`. `signed` is what a receipt's signature covers: `{time}`, `{url}` and `{body}`. The first of `keys`
    is the current one. `states` and `reasons` translate the gateway's words into ours.
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
    """Return the settings as they are now."""
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
