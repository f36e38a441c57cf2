"""A provider's whole evening in one object: network, mail server, netwatch, and who got which mail."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.lab.namespaces import mail_server, provider
from tests.lab.namespaces.daemon import Daemon
from tests.lab.namespaces.mailbox import Mailbox
from tests.lab.namespaces.network import Network
from tests.lab.namespaces.provider import Customer, Paper
from tests.lab.namespaces.shell import end, wait_until

_SHOWN = 60


class Lab:
    """One netwatch with its own files, store and mail server on a network that several may share."""

    def __init__(
        self,
        network: Network,
        directory: Path,
        everyone: Iterable[Customer],
        changes: Mapping[str, Mapping[str, object]],
        mail_delay_ms: float = 0.0,
        paper: Paper | None = None,
    ) -> None:
        self.network = network
        self.everyone = tuple(everyone)
        configuration = provider.write(directory, self.everyone, changes, paper)
        self.daemon = Daemon(network.spaces["noc"], configuration)
        self.mailbox = Mailbox(directory / "mails.jsonl")
        command = [sys.executable, mail_server.__file__, str(provider.MAIL_PORT), str(directory / "mails.jsonl")]
        self._server_log = directory / "mail_server.log"
        self._server = network.spaces["noc"].start([*command, str(mail_delay_ms)], self._server_log)

    def behind(self, *devices: str) -> set[str]:
        """The mail addresses of the customers whose every line ends on one of these devices."""
        return {
            customer.email
            for customer in self.everyone
            if customer.device in devices and (not customer.backup or customer.backup in devices)
        }

    @property
    def all_addresses(self) -> set[str]:
        return {customer.email for customer in self.everyone}

    def wait_told(self, addresses: Collection[str], since: float, within_s: float) -> float:
        """Until each of these got a mail since then; seconds from `since` to the last of them."""
        self._wait(
            f"all {len(addresses)} customers get a mail",
            lambda: set(self.mailbox.count(addresses, since)) == set(addresses),
            within_s - (time.time() - since),
        )
        return max(delivery.at for delivery in self.mailbox.to(addresses, since)) - since

    def only_once(self, addresses: Collection[str], since: float, until: float = math.inf) -> None:
        """Between these instants each of these got exactly one mail, and no other customer any."""
        counts = self.mailbox.count(self.all_addresses, since, until)
        wrong = {to: count for to, count in counts.items() if count != 1 or to not in addresses}
        missed = set(addresses) - set(counts)
        assert not wrong, f"told twice, or strangers told: {wrong}{self.report(wrong)}"
        assert not missed, f"never told: {missed}{self.report(missed)}"

    def nobody_told(self, since: float) -> None:
        assert not self.mailbox.count(self.all_addresses, since), self.report()

    def incident(self, what: str, since: float, within_s: float) -> dict[str, Any]:
        """The one incident that was opened since then, as soon as there is one."""

        def opened() -> list[dict[str, Any]]:
            return [one for one in self.daemon.told() if moment(one["opened_at"]) >= since]

        self._wait(what, opened, within_s)
        (found,) = opened()
        return found

    def wait_over(self, incident: str, within_s: float) -> dict[str, Any]:
        """The incident once it is resolved; then nothing at all is wrong any more."""

        def resolved() -> bool:
            return self.daemon.incident(incident)["status"] == "resolved"

        self._wait(f"incident {incident} is resolved", resolved, within_s)
        self._wait("nothing is wrong", lambda: not self.daemon.ask("/v1/incidents")["incidents"], within_s)
        return self.daemon.incident(incident)

    def _wait(self, what: str, condition: Callable[[], object], within_s: float) -> None:
        try:
            wait_until(what, condition, within_s, every_s=0.25)
        except TimeoutError as error:
            raise AssertionError(f"{error}{self.report()}") from None

    def report(self, only: Collection[str] = ()) -> str:
        """What happened, for a failed test; `only` names those whose mails matter."""
        mails = [one for one in self.mailbox.all() if not only or one.to in only]
        shown = "\n".join(f"{one.at:.1f} {one.to} {one.subject}" for one in mails[:_SHOWN])
        incidents = "\n".join(str(incident) for incident in self.daemon.incidents())
        return f"\n{len(mails)} mails:\n{shown}\nincidents:\n{incidents}\nnetwatch:\n{self.daemon.tail()}"

    def close(self) -> None:
        self.daemon.stop()
        end(self._server)


def moment(written: str) -> float:
    """Unix seconds of an instant of the API."""
    return datetime.fromisoformat(written).timestamp()
