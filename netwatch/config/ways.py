"""Ways out that could never work: gateways that nobody described, logins without a secret, libraries that lack."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from netwatch.communication.channels import callback, paths
from netwatch.communication.channels.settings import ChannelSettings
from netwatch.communication.channels.sms_settings import Auth, Body, SmsApi, SmsRoute
from netwatch.config.places import Location, place_at
from netwatch.config.values import web_address
from netwatch.errors import Fault, InputError
from netwatch.inventory.values import WrongValueError
from netwatch.late import late
from netwatch.sources import Faults, Node, one_of, quoted

if TYPE_CHECKING:
    from netwatch.communication.channels import apprise, smpp_pdu
else:
    apprise = late("netwatch.communication.channels.apprise")
    smpp_pdu = late("netwatch.communication.channels.smpp_pdu")

_SENDER: Final = re.compile(r"\+?[0-9]{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 ._&-]{1,11}")
_COUNTRY: Final = re.compile(r"[1-9][0-9]{0,2}")
#: The fields of a gateway's description that are paths within an answer.
_READ: Final = ("accepted_field", "error_field", "id_field", "receipt_field", "callback_state_field")
#: Those that are paths within what is sent.
_WRITTEN: Final = ("to_field", "text_field", "sender_field", "reference_field", "callback_field")


def elements_named(channels: ChannelSettings) -> Iterator[tuple[Location, str]]:
    """What each route depends on, with its place in the file; "" = nothing."""
    for name in ("email", "sms", "webhook", "alertmanager", "pagerduty", "apprise", "mastodon", "facebook"):
        for number, route in enumerate(getattr(channels, name).routes):
            yield ("channels", name, "routes", number, "depends_on"), route.depends_on
    for number, centre in enumerate(channels.sms.smpp):
        yield ("channels", "sms", "smpp", number, "depends_on"), centre.depends_on


def check_ways(channels: ChannelSettings, base: Path, root: Node, faults: Faults) -> None:
    """Faults of SMS and of on-call services, beyond their types. `base` is where relative paths start."""
    sms, here = channels.sms, ("channels", "sms")
    for name, api in sms.apis.items():
        _check_api(api, (*here, "apis", name), root, faults)
    for number, route in enumerate(sms.routes):
        _check_gateway(route, sms.apis, (*here, "routes", number), root, faults)
    for number, centre in enumerate(sms.smpp):
        _check_sender(centre.sender, (*here, "smpp", number), root, faults)
        if centre.system_id and not centre.password_file:
            place = place_at(root, (*here, "smpp", number, "system_id"))
            faults.add(place, "there is a system_id, but no password_file", "add password_file")
    if sms.country_code and not _COUNTRY.fullmatch(sms.country_code):
        place = place_at(root, (*here, "country_code"))
        faults.add(place, f"{quoted(sms.country_code)} is no country code", "write it as in 31, without + or zeros")
    if bool(sms.receipt_url) != bool(sms.receipt_secret_file):
        missing = "receipt_secret_file" if sms.receipt_url else "receipt_url"
        faults.add(place_at(root, here), f"receipts need {missing} too", "add it, or remove the other")
    elif sms.receipt_secret_file and (base / sms.receipt_secret_file).is_file():  # its absence is told already
        _collect(lambda: callback.secret_of(sms, base), (*here, "receipt_secret_file"), root, faults)
    if sms.smpp:
        _collect(smpp_pdu.require_library, (*here, "smpp"), root, faults)
    if channels.apprise.routes:
        _collect(apprise.require_library, ("channels", "apprise", "routes"), root, faults)


def _collect(look: Callable[[], object], location: Location, root: Node, faults: Faults) -> None:
    """What `look` finds wrong, at its place in the file."""
    try:
        look()
    except InputError as error:
        faults.extend(Fault(place_at(root, location), fault.what, fault.mend) for fault in error.faults)


def _check_api(api: SmsApi, location: Location, root: Node, faults: Faults) -> None:
    for key in ("url", "find_url", "receipt_url"):
        written = getattr(api, key)
        if written:
            try:
                web_address(written)
            except WrongValueError as error:
                faults.add(place_at(root, (*location, key)), error.what, error.mend)
    wanted = (*_READ, *_WRITTEN) if api.body is Body.JSON else _READ
    for key in wanted:
        written = getattr(api, key)
        if written and not paths.is_path(written):
            what = f"{quoted(written)} is no path of fields"
            faults.add(place_at(root, (*location, key)), what, "write it as in messages[0].status")


def _check_gateway(
    route: SmsRoute, known: Mapping[str, SmsApi], location: Location, root: Node, faults: Faults
) -> None:
    api = known.get(route.api)
    if api is None:
        faults.add(
            place_at(root, (*location, "api")), f"no gateway is named {quoted(route.api)}", one_of(known, route.api)
        )
        return
    wanted = {Auth.TOKEN: ("token_file",), Auth.BASIC: ("username", "password_file"), Auth.NONE: ()}[api.auth]
    for key in wanted:
        if not getattr(route, key):
            faults.add(place_at(root, location), f"the gateway {route.api} needs a {key}", f"add {key}")
    _check_sender(route.sender, location, root, faults)


def _check_sender(sender: str, location: Location, root: Node, faults: Faults) -> None:
    if sender and not _SENDER.fullmatch(sender):
        what = f"{quoted(sender)} can be no sender of an SMS"
        faults.add(
            place_at(root, (*location, "sender")), what, "write a number, or a name of at most 11 letters and digits"
        )
