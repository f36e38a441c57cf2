"""Settings of SMS: gateways that speak HTTP, each described by data, and message centres that speak SMPP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final

from annotated_types import Ge, Gt, Le, MinLen

_CONFIG: Final[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}
Rate = Annotated[float, Ge(0.1), Le(1000)]


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


class Method(StrEnum):
    """The HTTP method of a gateway."""

    POST = "POST"
    GET = "GET"


class Body(StrEnum):
    """json: a JSON document. form: as a web form. query: behind the address."""

    JSON = "json"
    FORM = "form"
    QUERY = "query"


class Auth(StrEnum):
    """none. token: the token of the route in a header. basic: username and password of the route (RFC 7617)."""

    NONE = "none"
    TOKEN = "token"  # noqa: S105 - the name of a kind of login, not a secret
    BASIC = "basic"


class NumberForm(StrEnum):
    """plus: +31612345678. digits: 31612345678. zeros: 0031612345678."""

    PLUS = "plus"
    DIGITS = "digits"
    ZEROS = "zeros"


@dataclass(frozen=True, slots=True)
class SmsApi:
    """How one kind of SMS gateway is spoken to. Fields in JSON are named by path, as in messages[0].to."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    url: Annotated[str, MinLen(1)]
    """http:// or https:// address; {username} stands for the route's username."""
    method: Method = Method.POST
    """POST or GET."""
    body: Body = Body.JSON
    """json, form or query."""
    to_field: Annotated[str, MinLen(1)] = "to"
    """Field of the mobile number."""
    text_field: Annotated[str, MinLen(1)] = "text"
    """Field of the text."""
    sender_field: str = "from"
    """Field of the sender's name or number; empty = none is given."""
    reference_field: str = ""
    """Field of netwatch's own id of the message; empty = none is given."""
    callback_field: str = ""
    """Field of the address for delivery receipts; empty = the gateway knows it, or sends none."""
    fields: Mapping[str, str] = field(default_factory=_nothing)
    """Further fields with their values."""
    unicode_fields: Mapping[str, str] = field(default_factory=_nothing)
    """Further fields for texts beyond the GSM alphabet."""
    headers: Mapping[str, str] = field(default_factory=_nothing)
    """Further headers with their values; secrets go into the route's files."""
    numbers: NumberForm = NumberForm.PLUS
    """How mobile numbers are written: plus, digits or zeros."""
    auth: Auth = Auth.TOKEN
    """none, token or basic."""
    auth_header: str = "Authorization"
    """Header of the token."""
    auth_prefix: str = "Bearer "
    """What stands before the token."""
    accepted_statuses: Annotated[tuple[int, ...], MinLen(1)] = (200, 201, 202)
    """HTTP statuses with which a message may be accepted."""
    accepted_field: str = ""
    """Field that is there when the message is accepted; empty = the status says it all."""
    accepted_values: tuple[str, ...] = ()
    """Values of that field that mean accepted; empty = any."""
    error_field: str = ""
    """Field of the gateway's error code."""
    throttled_codes: tuple[str, ...] = ()
    """Error codes that mean: too fast."""
    recipient_codes: tuple[str, ...] = ()
    """Error codes that mean: this number can't be reached, for good."""
    configuration_codes: tuple[str, ...] = ()
    """Error codes that mean: the account, its login or its credit is wrong."""
    repeated_codes: tuple[str, ...] = ()
    """Error codes that mean: this reference was accepted before."""
    id_field: str = ""
    """Field of the gateway's own id of the message."""
    idempotent: bool = False
    """Whether the same reference twice is one message to the gateway."""
    find_url: str = ""
    """Address that tells of a message by {reference} as the answer to its sending does, asked when that answer was
    lost; empty = there is none."""
    receipt_url: str = ""
    """Address that tells what became of a message, by {id}; empty = it isn't asked."""
    receipt_field: str = ""
    """Field of that answer that holds the state."""
    callback_state_field: str = ""
    """Field that holds the state in a receipt that comes by itself."""
    delivered_values: tuple[str, ...] = ()
    """States that mean: it is on the phone."""
    undelivered_values: tuple[str, ...] = ()
    """States that mean: it will never be."""


@dataclass(frozen=True, slots=True)
class SmsRoute:
    """One account at one gateway."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    api: Annotated[str, MinLen(1)]
    """Which gateway: cm, messagebird, smsapi-pl, twilio, vonage, or a name of channels.sms.apis."""
    url: str = ""
    """Another address than that of the gateway's description; empty = that one."""
    sender: str = ""
    """Name (at most 11 letters) or number that messages come from; empty = the gateway's default."""
    username: str = ""
    """Account or name to log in with."""
    token_file: str = ""
    """File that holds the token; relative to the configuration file."""
    password_file: str = ""
    """File that holds the password; relative to the configuration file."""
    rate_per_s: Rate = 10.0
    """Messages handed to the gateway in a second at most, as agreed with it."""
    connections: Annotated[int, Ge(1), Le(20)] = 10
    """Requests at once at most: the agreed rate times the seconds that the gateway takes to answer, and some more."""
    timeout_s: Annotated[float, Gt(0), Le(60)] = 15.0
    """Longest time for one request, seconds."""
    depends_on: str = ""
    """The element without which it can't work, as in site:hgl-1; while it is down other routes go first."""


class Bind(StrEnum):
    """transceiver: sends and hears receipts. transmitter: only sends."""

    TRANSCEIVER = "transceiver"
    TRANSMITTER = "transmitter"


class LongText(StrEnum):
    """udh: as several short messages that the phone joins. payload: as one, which the message centre cuts."""

    UDH = "udh"
    PAYLOAD = "payload"


@dataclass(frozen=True, slots=True)
class SmppRoute:
    """One message centre (SMSC) that speaks SMPP 3.4. Needs `pip install 'netwatch[smpp]'`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    host: Annotated[str, MinLen(1)]
    """Name or address of the message centre."""
    port: Annotated[int, Ge(1), Le(65535)] = 2775
    """Its TCP port."""
    tls: bool = False
    """Whether TLS is spoken from the start."""
    tls_ca: str = ""
    """File with the certificates of its authority; empty = the system's."""
    system_id: str = ""
    """Name to log in with, at most 15 characters."""
    password_file: str = ""
    """File that holds the password (at most 8 characters by the standard); relative to the configuration file."""
    system_type: str = ""
    """What some centres want to know of you at the login."""
    bind: Bind = Bind.TRANSCEIVER
    """transceiver or transmitter."""
    sender: str = ""
    """Name (at most 11 letters) or number that messages come from."""
    long_text: LongText = LongText.UDH
    """How texts of several segments go: udh or payload."""
    rate_per_s: Rate = 10.0
    """Segments handed over in a second at most, as agreed."""
    window: Annotated[int, Ge(1), Le(20)] = 10
    """Messages under way at once at most."""
    timeout_s: Annotated[float, Gt(0), Le(60)] = 15.0
    """Longest wait for one answer, seconds."""
    enquire_s: Annotated[float, Ge(1)] = 30.0
    """A silent connection is tested after so many seconds."""
    depends_on: str = ""
    """The element without which it can't work, as in site:hgl-1; while it is down other routes go first."""


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """SMS. Without a route none is sent."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    country_code: str = ""
    """Country code of numbers that are written without one, as in 31; empty = such numbers are not reached."""
    routes: tuple[SmsRoute, ...] = ()
    """Gateways in order; the next one is used when one fails."""
    smpp: tuple[SmppRoute, ...] = ()
    """Message centres, used after the gateways in order."""
    apis: Mapping[str, SmsApi] = field(default_factory=lambda: MappingProxyType({}))
    """Your own descriptions of gateways, by name; one that is named like a shipped one takes its place."""
    receipt_url: str = ""
    """Public address of netwatch's page, under which gateways leave delivery receipts; empty = none are asked for."""
    receipt_secret_file: str = ""
    """File with the secret part of that address, at least 32 letters and digits; relative to the configuration file."""
    answer_secret_file: str = ""
    """File with the secret part of the address at which a gateway leaves what people answer, as above; empty = none
    are taken."""
    answer_from_fields: Annotated[tuple[str, ...], MinLen(1)] = (
        "from.number", "from", "From", "msisdn", "originator", "sms_from",
    )  # fmt: skip
    """Fields in which the gateway tells the number that an answer comes from; the first that is there counts."""
    answer_text_fields: Annotated[tuple[str, ...], MinLen(1)] = (
        "message.text", "text", "Body", "body", "message", "sms_text",
    )  # fmt: skip
    """Fields in which it tells the text."""
    answer_says: str = ""
    """What the gateway wants to read once an answer was taken, as in OK; empty = nothing."""
