"""The local API over a real unix socket."""

import asyncio
import os
import socket
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from netwatch.errors import OperatingError
from netwatch.web.api import local_api
from netwatch.web.device import DeviceView, SeenView
from netwatch.web.model import RefusedError
from netwatch.web.peer import person
from netwatch.web.server import serve
from netwatch.web.sockets import open_unix

INCIDENT = "nw-20261122-0214-7f3a"
NOBODY = 65534


async def test_it_tells_status_incidents_and_why(api):
    status = (await api.get("/status")).json()
    assert status["version"] == "1.2.3"
    assert status["devices"] == {"up": 1, "unreachable": 2}
    assert [i["id"] for i in status["incidents"]] == [INCIDENT]
    assert (await api.get("/incidents")).json()["incidents"] == status["incidents"]
    assert (await api.get(f"/incidents/{INCIDENT}")).json() == status["incidents"][0]
    why = (await api.get(f"/incidents/{INCIDENT}/why")).json()
    assert why["customers"] == {"out": ["c-1", "c-2", "c-3", "c-4"], "degraded": [], "at_risk": []}
    assert (await api.get("/approvals")).json()["approvals"][0]["kind"] == "veto"
    assert (await api.get("/lookup", params={"q": "jansen"})).json()["customers"][0]["state"] == "out"
    assert (await api.get("/health")).json() == {"live": [], "ready": []}


@pytest.mark.parametrize("order", ["approve", "veto", "update", "scenario", "resolve"])
async def test_an_order_reaches_the_daemon_with_who_gave_it(api, doors, order):
    text = {"scenario": "power"}.get(order, "words of a person")
    answer = await api.post(f"/incidents/{INCIDENT}/{order}", json={"by": "", "text": text})
    assert answer.status_code == 200, answer.text
    (given,) = doors.orders
    assert given[:2] == (order, INCIDENT)
    assert given[-1] == (await person(os.geteuid(), ""))


async def test_the_hold_is_set_and_lifted(api, doors):
    assert (await api.post("/hold", json={"on": True})).json() == {"text": "HOLD is on"}
    assert (await api.get("/status")).json()["hold"]["on"] is True
    await api.post("/hold", json={"on": False})
    assert [order[1] for order in doors.orders] == ["True", "False"]


async def test_a_reload_is_recorded_under_who_asked_and_its_outcome_is_told(api, doors):
    assert (await api.get("/status")).json()["reload"] is None
    answer = (await api.post("/reload", json={})).json()
    who = await person(os.geteuid(), "")
    assert (answer["state"], answer["by"]) == ("in_force", who)
    assert doors.orders == [("reload", who)]
    assert (await api.get("/status")).json()["reload"] == answer


async def test_a_wish_and_a_mended_address_reach_the_daemon(api, doors):
    who = await person(os.geteuid(), "")
    await api.post("/optouts", json={"customer": "c-1", "channel": "sms", "but_ends": True})
    await api.post("/optouts", json={"customer": "c-1", "on": False})
    await api.post("/addresses", json={"customer": "c-2"})
    assert doors.orders == [("opt_out", "c-1", "sms", "True", who), ("opt_in", "c-1", ""), ("mended", "c-2")]
    assert (await api.post("/optouts", json={"customer": "c-1", "channel": "pigeon"})).status_code == 409
    assert (await api.get("/optouts")).json() == {"optouts": []}
    assert (await api.get("/addresses")).json() == {"addresses": []}


async def test_a_device_is_told_with_its_evidence(api, doors):
    at = datetime(2026, 11, 22, tzinfo=UTC)
    view = DeviceView("a b/1", "", "access", "", "127.0.0.1", "", at, "up", ("it answers",), 1.0)
    doors.seen = {"a b/1": replace(view, seen=(SeenView("icmp", at, 2.0, "answer in 1.0 ms", good=True),))}
    answer = (await api.get("/device", params={"id": "a b/1"})).json()
    assert (answer["state"], answer["confidence"], answer["why"]) == ("up", 1.0, ["it answers"])
    assert answer["seen"][0]["age_s"] == 2.0


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/incidents/nope", None, 404, "unknown_incident"),
        ("GET", "/incidents/nope/why", None, 404, "unknown_incident"),
        ("GET", "/device?id=nope", None, 404, "unknown_device"),
        ("GET", "/device", None, 404, "unknown_device"),
        ("GET", "/reload", None, 405, "request"),
        ("POST", "/incidents/nope/veto", {}, 404, "unknown_incident"),
        ("POST", f"/incidents/{INCIDENT}/update", {"text": "  "}, 409, "refused"),
        ("POST", f"/incidents/{INCIDENT}/update", {"text": "a\x1b[2Jb"}, 409, "refused"),
        ("POST", f"/incidents/{INCIDENT}/update", {"text": "a\u202eb"}, 409, "refused"),
        ("POST", f"/incidents/{INCIDENT}/update", {"text": "x" * 2001}, 409, "refused"),
        ("POST", f"/incidents/{INCIDENT}/scenario", {"text": "aliens"}, 409, "refused"),
        ("POST", f"/incidents/{INCIDENT}/veto", {"by": "a\nb"}, 409, "refused"),
        ("POST", f"/incidents/{INCIDENT}/veto", {"by": 3}, 400, "request"),
        ("POST", f"/incidents/{INCIDENT}/dance", {}, 404, "request"),
        ("GET", f"/incidents/{INCIDENT}/veto", None, 405, "request"),
        ("GET", "/lookup", None, 409, "refused"),
        ("GET", "/nowhere", None, 404, "request"),
    ],
)
async def test_what_does_not_fit_is_refused_in_words(doors, method, path, body, status, error):
    transport = httpx.ASGITransport(local_api(doors), client=("uid", 0))
    async with httpx.AsyncClient(transport=transport, base_url="http://netwatch/v1") as client:
        answer = await client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["what"]
    assert not doors.orders


async def test_a_body_beyond_64_kib_is_refused(api, doors):
    answer = await api.post(f"/incidents/{INCIDENT}/update", json={"text": "x" * 70_000})
    assert answer.status_code == 413
    assert not doors.orders


async def test_an_approval_without_anything_waiting_is_refused(api, doors):
    doors.picture = type(doors.picture)(doors.picture.at, doors.picture.inventory, doors.picture.incidents)
    answer = await api.post(f"/incidents/{INCIDENT}/approve", json={})
    assert (answer.status_code, answer.json()["error"]) == (409, "refused")


async def test_a_stage_that_cannot_answers_503_and_a_fault_500_in_words(doors):
    async def unable():
        raise OperatingError("the store is damaged", "restore it")

    async def broken():
        raise ZeroDivisionError

    app = local_api(doors)
    # Starlette hands a fault on to the server after answering, as it must for the log.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://netwatch/v1") as client:
        doors.status = unable
        answer = await client.get("/status")
        assert (answer.status_code, answer.json()["what"]) == (503, "the store is damaged")
        doors.status = broken
        answer = await client.get("/status")
        assert (answer.status_code, answer.json()["error"]) == (500, "fault")
        assert "ZeroDivisionError" in answer.json()["what"]


async def test_orders_without_a_known_peer_are_refused(doors):
    transport = httpx.ASGITransport(local_api(doors), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://netwatch/v1") as client:
        answer = await client.post("/hold", json={"on": True, "by": "root"})
    assert answer.status_code == 409
    assert "socket file only" in answer.json()["what"]


async def test_only_root_speaks_for_others():
    assert await person(0, "jan") == "jan"
    assert await person(0, "") == "root"
    assert await person(NOBODY, "") == "nobody"
    assert await person(NOBODY, "nobody") == "nobody"
    with pytest.raises(RefusedError, match="you are nobody, not jan"):
        await person(NOBODY, "jan")
    with pytest.raises(RefusedError, match="user 54321 has no name here"):
        await person(54321, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_the_kernel_tells_who_asks(doors):
    def ask(path):
        body = b'{"by": "jan"}'
        with socket.socket(socket.AF_UNIX) as asker:
            os.seteuid(NOBODY)
            try:
                asker.connect(path)
            finally:
                os.seteuid(0)
            asker.settimeout(5)
            asker.sendall(
                b"POST /v1/hold HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            asker.sendall(body)
            return b"".join(iter(lambda: asker.recv(4096), b""))

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "s"
        stop = asyncio.Event()
        serving = asyncio.create_task(serve(local_api(doors), open_unix(path, mode=0o666), stop))
        answer = await asyncio.to_thread(ask, str(path))
        stop.set()
        await serving
    assert answer.startswith(b"HTTP/1.1 409")
    assert b"you are nobody, not jan" in answer
    assert not doors.orders


async def test_stopping_takes_no_signals_and_ends_promptly(doors, tmp_path):
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(local_api(doors), open_unix(tmp_path / "s"), stop))
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(tmp_path / "s"))) as client:
        await client.get("http://netwatch/v1/status")
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(serving, 5)
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(tmp_path / "s"))) as client:
            await client.get("http://netwatch/v1/status")
