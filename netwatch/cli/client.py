"""Speaks to the running daemon over its socket file."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

from netwatch.errors import OperatingError
from netwatch.late import late
from netwatch.web.calllist import CallListView
from netwatch.web.device import DeviceView
from netwatch.web.model import (
    Done,
    IncidentView,
    LookupView,
    RefusedError,
    ReloadView,
    StatusView,
    UnknownDeviceError,
    UnknownIncidentError,
    WhyView,
)
from netwatch.web.wire import Approvals, Incidents, Refusal, decode
from netwatch.web.wishes import Addresses, OptOuts

if TYPE_CHECKING:
    import httpx
else:
    httpx = late("httpx")

T = TypeVar("T")
_TIMEOUT_S = 15.0
#: Reading a million customers takes a while.
_RELOAD_S = 300.0
#: Who probes a device waits for no more than this.
_DEVICE_S = 5.0


class NotReachableError(OperatingError):
    """No daemon answers at the socket."""


class Client:
    """One connection to the daemon, closed at the end of a `with`. Every method raises `NotReachableError` when there is none,
    `UnknownIncidentError` and `RefusedError` as the daemon does, and `OperatingError` for anything else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # The base address is never resolved, and nothing is encrypted on a socket file: no proxies, no certificates.
        self._http = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(path), verify=False),
            base_url="http://netwatch/v1",
            timeout=_TIMEOUT_S,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def status(self) -> StatusView:
        return self._get(StatusView, "/status")

    def incidents(self, *, closed: bool = False) -> tuple[IncidentView, ...]:
        return self._get(Incidents, "/incidents", {"closed": "1"} if closed else {}).incidents

    def why(self, incident: str) -> WhyView:
        return self._get(WhyView, f"/incidents/{quote(incident, safe='')}/why")

    def call_list(self, incident: str) -> CallListView:
        return self._get(CallListView, f"/incidents/{quote(incident, safe='')}/calls")

    def lookup(self, query: str) -> LookupView:
        return self._get(LookupView, "/lookup", {"q": query})

    def approvals(self) -> Approvals:
        return self._get(Approvals, "/approvals")

    def order(self, incident: str, order: str, by: str, text: str = "", update: int | None = None) -> Done:
        body = {"by": by, "text": text} | ({} if update is None else {"update": update})
        return self._post(f"/incidents/{quote(incident, safe='')}/{order}", body)

    def acknowledge(self, incident: str, task: str, person: str, by: str) -> Done:
        path = f"/incidents/{quote(incident, safe='')}/ack" if incident else "/ack"
        return self._post(path, {"by": by, "task": task, "person": person})

    def estimate(self, incident: str, until: datetime | None, since: datetime | None, text: str, by: str) -> Done:
        ends = {"until": until and until.isoformat(), "since": since and since.isoformat()}
        return self._post(f"/incidents/{quote(incident, safe='')}/estimate", {"by": by, "text": text, **ends})

    def correct(self, incident: str, text: str, customers: Sequence[str], by: str) -> Done:
        body = {"by": by, "text": text, "customers": list(customers)}
        return self._post(f"/incidents/{quote(incident, safe='')}/correct", body)

    def promise(self, customer: str, until: datetime, incident: str, by: str) -> Done:
        body = {"by": by, "customer": customer, "until": until.isoformat(), "incident": incident}
        return self._post("/promises", body)

    def called(self, customer: str, by: str) -> Done:
        return self._post("/called", {"by": by, "customer": customer})

    def device(self, device: str) -> DeviceView:
        answer = self._ask("GET", "/device", params={"id": device}, timeout=_DEVICE_S)
        return decode(DeviceView, answer)

    def reload(self, by: str, *, confirmed: bool) -> ReloadView:
        body = {"by": by, "confirmed": confirmed}
        return decode(ReloadView, self._ask("POST", "/reload", json=body, timeout=_RELOAD_S))

    def optouts(self) -> OptOuts:
        return self._get(OptOuts, "/optouts")

    def opt_out(self, customer: str, channel: str, by: str, *, but_ends: bool, on: bool) -> Done:
        body = {"customer": customer, "channel": channel, "by": by, "but_ends": but_ends, "on": on}
        return self._post("/optouts", body)

    def addresses(self) -> Addresses:
        return self._get(Addresses, "/addresses")

    def mended(self, customer: str, by: str) -> Done:
        return self._post("/addresses", {"customer": customer, "by": by})

    def hold(self, *, on: bool, by: str) -> Done:
        return self._post("/hold", {"on": on, "by": by})

    def _get(self, kind: type[T], path: str, query: dict[str, str] | None = None) -> T:
        return decode(kind, self._ask("GET", path, params=query or {}))

    def _post(self, path: str, body: dict[str, Any]) -> Done:
        return decode(Done, self._ask("POST", path, json=body))

    def _ask(self, method: str, path: str, **how: Any) -> bytes:
        try:
            answer = self._http.request(method, path, **how)
        except httpx.ConnectError as error:
            raise NotReachableError(*why_not(self._path, error)) from error
        except httpx.HTTPError as error:
            raise NotReachableError(
                f"the daemon at {self._path} does not answer ({type(error).__name__})",
                "see its log: journalctl -u netwatch",
            ) from error
        if answer.is_success:
            return answer.content
        refusal = decode(Refusal, answer.content)
        kinds: dict[str, type[OperatingError | RefusedError]] = {
            "unknown_incident": UnknownIncidentError,
            "unknown_device": UnknownDeviceError,
            "refused": RefusedError,
        }
        raise kinds.get(refusal.error, OperatingError)(refusal.what, refusal.mend)


def why_not(path: Path, error: Exception) -> tuple[str, str]:
    """What stands between a person and the daemon, and what mends it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    number = cause.errno if isinstance(cause, OSError) else None
    if number == errno.EACCES:
        return f"you may not use {path}", "join the group netwatch (sudo adduser $USER netwatch), or use sudo"
    return (
        f"netwatch does not run: nobody answers at {path}",
        "start it (systemctl start netwatch), or name its configuration with -c or its socket with --socket",
    )
