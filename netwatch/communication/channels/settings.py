"""Settings of the ways out: mail relays, SMS, webhooks and on-call services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le, MinLen

from netwatch.communication.channels.sms_settings import SmsSettings
from netwatch.communication.channels.social_settings import FacebookSettings, MastodonSettings
from netwatch.communication.delivery.settings import DeliverySettings


class Tls(StrEnum):
    """none: plain text. starttls: begin plain, then TLS, refused without. tls: TLS from the start (port 465)."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class EmailRoute:
    """One mail relay (submission server)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    host: Annotated[str, MinLen(1)]
    """Name or address of the relay. An address still works when the DNS does not."""
    port: Annotated[int, Ge(1), Le(65535)] = 25
    """Port of the relay: 25, 587 (starttls) or 465 (tls)."""
    tls: Tls = Tls.NONE
    """none, starttls or tls."""
    tls_name: str = ""
    """Name in the relay's certificate, when `host` is an address; empty = `host`."""
    tls_ca: str = ""
    """File with the certificates of the relay's authority; empty = the system's."""
    username: str = ""
    """Name to log in with; empty = no login."""
    password_file: str = ""
    """File that holds the password, read at each login; relative to the configuration file."""
    connections: Annotated[int, Ge(1), Le(20)] = 20
    """Connections kept open to the relay at most: what it allows one sender. Each carries one message at a time; as many
    are opened as a mailing needs."""
    timeout_s: Annotated[float, Gt(0), Le(300)] = 20.0
    """Longest wait for one answer of the relay, seconds."""
    idle_s: Annotated[float, Gt(0)] = 20.0
    """A connection unused for so long is closed, seconds."""
    depends_on: str = ""
    """The element without which the relay can't work, as in site:hgl-1; while it is down other routes go first."""


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """Mail. Without a route no mail is sent."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    sender: str = "noc@localhost"
    """Address that mails come from."""
    sender_name: str = ""
    """Name beside the address, as in Example Net; empty = the address alone."""
    reply_to: str = ""
    """Address for answers; empty = the sender."""
    unsubscribe: str = ""
    """Address to which customers' mail programs write when their reader unsubscribes (List-Unsubscribe), with the
    customer's id in the subject; whoever reads it runs `netwatch optout`. Empty = mails offer nothing."""
    helo_name: str = ""
    """Name that netwatch gives itself to relays; empty = the machine's."""
    routes: tuple[EmailRoute, ...] = ()
    """Relays in order; the next one is used when one fails."""


@dataclass(frozen=True, slots=True)
class WebhookRoute:
    """One HTTP address that takes messages as JSON."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    url: Annotated[str, MinLen(1)]
    """http:// or https:// address that gets a POST for each message."""
    token_file: str = ""
    """File with a token sent as `Authorization: Bearer`; empty = none. Relative to the configuration file."""
    timeout_s: Annotated[float, Gt(0), Le(300)] = 10.0
    """Longest time for one request, seconds."""
    depends_on: str = ""
    """The element without which it can't work, as in site:hgl-1; while it is down other routes go first."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Webhook: messages as JSON to your on-call service. Without a route none is sent."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    routes: tuple[WebhookRoute, ...] = ()
    """Addresses in order; the next one is used when one fails."""


@dataclass(frozen=True, slots=True)
class AlertmanagerRoute:
    """One Alertmanager (API v2)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    url: Annotated[str, MinLen(1)]
    """Its address, as in http://alertmanager:9093; /api/v2/alerts is added."""
    token_file: str = ""
    """File with a token sent as `Authorization: Bearer`; empty = none. Relative to the configuration file."""
    timeout_s: Annotated[float, Gt(0), Le(300)] = 10.0
    """Longest time for one request, seconds."""
    depends_on: str = ""
    """The element without which it can't work, as in site:hgl-1; while it is down other routes go first."""


@dataclass(frozen=True, slots=True)
class AlertmanagerSettings:
    """Alertmanager: an alert for each incident. Without a route none is sent."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further labels of every alert, by which Alertmanager routes it. Without them: alertname NetwatchIncident, job
    netwatch, severity critical, incident."""
    fires_s: Annotated[float, Ge(600)] = 86_400.0
    """An alert that nothing is heard of any more ends by itself after so long, seconds."""
    resend_s: Annotated[float, Ge(10)] = 60.0
    """Alerts of open incidents are sent again so often, for an Alertmanager that was restarted, seconds."""
    routes: tuple[AlertmanagerRoute, ...] = ()
    """Instances of one cluster in order; the next one is used when one fails."""


@dataclass(frozen=True, slots=True)
class PagerDutyRoute:
    """One PagerDuty service (Events API v2)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    key_file: Annotated[str, MinLen(1)]
    """File with the integration key of the service; relative to the configuration file."""
    url: str = "https://events.pagerduty.com/v2/enqueue"
    """Address of the API; https://events.eu.pagerduty.com/v2/enqueue for accounts in the EU."""
    timeout_s: Annotated[float, Gt(0), Le(300)] = 10.0
    """Longest time for one request, seconds."""
    depends_on: str = ""
    """The element without which it can't work, as in site:hgl-1; while it is down other routes go first."""


@dataclass(frozen=True, slots=True)
class PagerDutySettings:
    """PagerDuty: an incident for each incident, resolved by its end. Without a route none is sent."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    routes: tuple[PagerDutyRoute, ...] = ()
    """Services in order; the next one is used when one fails."""


@dataclass(frozen=True, slots=True)
class AppriseRoute:
    """One service that the library apprise knows. Needs `pip install 'netwatch[apprise]'`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    url_file: Annotated[str, MinLen(1)]
    """File with the service's address in apprise's form, which holds secrets; relative to the configuration file."""
    timeout_s: Annotated[float, Gt(0), Le(300)] = 20.0
    """Longest time for one message, seconds."""
    depends_on: str = ""
    """The element without which it can't work, as in site:hgl-1; while it is down other routes go first."""


@dataclass(frozen=True, slots=True)
class AppriseSettings:
    """Apprise: plain notifications to services that have nothing better. Without a route none is sent."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    routes: tuple[AppriseRoute, ...] = ()
    """Services in order; the next one is used when one fails."""


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """The ways out, and how they are used."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    email: EmailSettings = field(default_factory=EmailSettings)
    """Mail."""
    webhook: WebhookSettings = field(default_factory=WebhookSettings)
    """Webhook for on-call services."""
    sms: SmsSettings = field(default_factory=SmsSettings)
    """SMS."""
    alertmanager: AlertmanagerSettings = field(default_factory=AlertmanagerSettings)
    """Alertmanager for on-call."""
    pagerduty: PagerDutySettings = field(default_factory=PagerDutySettings)
    """PagerDuty for on-call."""
    apprise: AppriseSettings = field(default_factory=AppriseSettings)
    """Any other service for on-call."""
    mastodon: MastodonSettings = field(default_factory=MastodonSettings)
    """Posts on Mastodon."""
    facebook: FacebookSettings = field(default_factory=FacebookSettings)
    """Posts on a Facebook page."""
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    """Retries, rests, how much goes at once."""

    def routed(self) -> frozenset[str]:
        """The channels that have a way out, by the names that messages and playbooks use."""
        routes: dict[str, tuple[object, ...]] = {
            "email": self.email.routes,
            "sms": (*self.sms.routes, *self.sms.smpp),
            "webhook": self.webhook.routes,
            "alertmanager": self.alertmanager.routes,
            "pagerduty": self.pagerduty.routes,
            "apprise": self.apprise.routes,
            "mastodon": self.mastodon.routes,
            "facebook": self.facebook.routes,
        }
        return frozenset(name for name, ways in routes.items() if ways)
