"""What works, but perhaps not as the operator thinks. Few, each worth a look."""

from __future__ import annotations

from collections.abc import Iterator

from netwatch.communication.people import Duty
from netwatch.communication.planning.playbook import SERVICES
from netwatch.config.places import node_at, place_at
from netwatch.config.settings import Settings
from netwatch.errors import Fault
from netwatch.inventory.model import Inventory
from netwatch.sources import Node, counted

_ALERTED = {Duty.ONCALL, Duty.LEAD}


def warnings_of(settings: Settings, found: Inventory, root: Node) -> Iterator[Fault]:
    """The warnings about who can be told at all."""
    email, routed = settings.channels.email, settings.channels.routed()
    hooks = routed.intersection(SERVICES)
    channels = place_at(root, ("channels", "email"))
    if not email.routes:
        yield Fault(channels, "no mail relay is given, so no mail leaves", "add one under channels.email.routes")
    elif node_at(root, ("channels", "email", "sender")) is None:
        yield Fault(channels, f"mails come from {email.sender}", "set channels.email.sender")
    if email.routes:
        yield from _words_of_nobody(settings, root)
    yield from _ways_with_one_route(settings, root)
    alerted = [person for person in settings.people if _ALERTED & set(person.duties)]
    people = place_at(root, ("people",))
    if not alerted and not hooks:
        yield Fault(people, "nobody is on call, so alerts reach no one", "give someone the duty oncall under people")
    elif not hooks and not any(person.email or (person.mobile and "sms" in routed) for person in alerted):
        yield Fault(people, "nobody on call has a mail address", "add one, or a webhook under channels.webhook.routes")
    ways = {"email", "sms"} & {*routed, "email"}
    untold = [
        customer
        for customer, services in found.customers.items()
        if any(service.notify for service in services)
        and not any(ways.intersection(service.notify) for service in services)
    ]  # fmt: skip
    if untold:
        by, mend = "call only, which netwatch leaves to people", "let them be told by email or sms too"
        if "sms" not in routed:
            by, mend = "sms or call only, and channels.sms has no route", "add one, let them be told by email too"
        what = f"{counted(len(untold), 'customer')} to be told by {by}"
        yield Fault(place_at(root, ("inventory",)), what, f"{mend}, or call them yourself")
    if not found.monitor.witnesses and found.devices:
        what = "there is no witness, so a failed upstream can't be told from a failed monitor"
        mend = "add addresses outside your network under monitor.witnesses"
        yield Fault(place_at(root, ("inventory",)), what, mend)


def _ways_with_one_route(settings: Settings, root: Node) -> Iterator[Fault]:
    """A relay or gateway that is alone takes the whole channel with it."""
    for channel, routes, what in (
        ("email", settings.channels.email.routes, "one mail relay"),
        ("sms", (*settings.channels.sms.routes, *settings.channels.sms.smpp), "one SMS gateway"),
    ):
        if len(routes) == 1:
            mend = f"add another, best outside your network, under channels.{channel}.routes"
            told = f"there is only {what}: while it fails nothing leaves by it"
            yield Fault(place_at(root, ("channels", channel, "routes")), told, mend)


def _words_of_nobody(settings: Settings, root: Node) -> Iterator[Fault]:
    """Texts that would leave with the defaults' name and address."""
    where = place_at(root, ("communication",))
    if node_at(root, ("communication", "company")) is None:
        yield Fault(where, f'texts speak for "{settings.communication.company}"', "set communication.company")
    if node_at(root, ("communication", "page_url")) is None:
        yield Fault(where, f"texts point to {settings.communication.page_url}", "set communication.page_url")
