"""Metrics, health and the page over a real HTTP connection."""

import asyncio
import re

import pytest

from netwatch.web.measures import STAGE_BOUNDS_S, STAGES, WORK_BOUNDS_S, Measure, MetricsSnapshot
from netwatch.web.metrics import CATALOGUE, render
from netwatch.web.model import Check, Health
from netwatch.web.public import metrics_app, page_app


def figures():
    step, stage = Measure(WORK_BOUNDS_S), Measure(STAGE_BOUNDS_S)
    for seconds in (0.0004, 0.003, 0.003, 9.0):
        step.add(seconds)
    stage.add(24.0)
    return MetricsSnapshot(
        version="1.2.3",
        started_at=1795313640.0,
        devices={"up": 28, "down": 2},
        probes=1000,
        replies=990,
        lost=10,
        receive_buffer_bytes=4194304,
        observations={"icmp": 1000},
        step=step.distribution(),
        commit=step.distribution(),
        stages={name: stage.distribution() for name in STAGES},
        incidents={("regional", "open"): 1},
        incidents_opened={"regional": 3},
        messages={("email", "accepted"): 120, ("email", "held"): 4},
        receipts={"delivered": 12},
        copies_behind_s={"sftp/status2.example.net": 12.5, "s3/s3.example.net/status": 0.0},
        copies_verified_at={"s3/s3.example.net/status": 1795313649.0},
        last_step_at=1795313650.0,
        last_inventory_at=1795313640.0,
        warm=True,
    )


async def test_a_scrape_tells_the_snapshot(doors, on_tcp):
    doors.figures = figures()
    async with on_tcp(metrics_app(doors)) as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    for line in (
        'netwatch_build_info{version="1.2.3"} 1.0',
        'netwatch_devices{state="down"} 2.0',
        "netwatch_icmp_probes_total 1000.0",
        'netwatch_step_duration_seconds_bucket{le="0.005"} 3.0',
        'netwatch_step_duration_seconds_bucket{le="+Inf"} 4.0',
        "netwatch_step_duration_seconds_count 4.0",
        'netwatch_incident_stage_duration_seconds_bucket{le="30.0",stage="detect"} 1.0',
        'netwatch_incidents_opened_total{scope="customer"} 0.0',
        'netwatch_messages{channel="email",state="accepted"} 120.0',
        'netwatch_receipts_total{result="delivered"} 12.0',
        'netwatch_page_copy_behind_seconds{copy="sftp/status2.example.net"} 12.5',
        'netwatch_page_copy_behind_seconds{copy="s3/s3.example.net/status"} 0.0',
        'netwatch_page_copy_last_verified_timestamp_seconds{copy="s3/s3.example.net/status"} 1.795313649e+09',
        "netwatch_warm 1.0",
    ):
        assert line in lines
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)


def test_names_follow_prometheus_rules():
    names = [entry.name for entry in CATALOGUE]
    assert len(set(names)) == len(names)
    for entry in CATALOGUE:
        assert re.fullmatch(r"netwatch_[a-z_]+", entry.name)
        assert entry.help.endswith(".")
        labels = getattr(entry, "labels", ())
        assert not set(labels) & {"region", "zone", "type", "customer", "site", "device"}


def test_what_is_not_known_is_left_out():
    assert b"netwatch_last_step_timestamp_seconds" not in render(MetricsSnapshot())


async def test_a_scrape_does_not_hold_up_the_loop(doors, on_tcp):
    doors.figures = figures()
    latest = 0.0

    async def watch():
        nonlocal latest
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            latest = max(latest, loop.time() - before)

    async with on_tcp(metrics_app(doors)) as client:
        await client.get("/metrics")
        watching = asyncio.create_task(watch())
        for _ in range(20):
            await client.get("/metrics")
        watching.cancel()
    assert latest < 0.25


@pytest.mark.parametrize(
    ("health", "healthy", "ready"),
    [
        (Health(), 200, 200),
        (Health(ready=(Check("warm", ok=False, detail="12 of 30 devices polled"),)), 200, 503),
        (Health(live=(Check("poller", ok=False, detail="ended"),)), 503, 503),
    ],
)
async def test_health_says_what_is_wrong(doors, on_tcp, health, healthy, ready):
    doors.condition = health
    async with on_tcp(metrics_app(doors)) as client:
        assert (await client.get("/-/healthy")).status_code == healthy
        answer = await client.get("/-/ready")
    assert answer.status_code == ready
    for check in (*health.live, *health.ready):
        assert f"BAD {check.name}: {check.detail}" in answer.text


async def test_the_page_is_served_only_when_asked_for(doors, on_tcp, tmp_path):
    (tmp_path / "index.html").write_text("<h1>Storing</h1>")
    (tmp_path / "outages.json").write_text("{}")
    (tmp_path / ".hidden.html").write_text("no")
    (tmp_path / "secret.key").write_text("no")
    doors.directory = tmp_path
    async with on_tcp(metrics_app(doors)) as client:
        assert (await client.get("/")).status_code == 404
    async with on_tcp(page_app(doors)) as client:
        page = await client.get("/")
        assert (page.status_code, page.text) == (200, "<h1>Storing</h1>")
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert (await client.get("/outages.json")).headers["content-type"] == "application/json"
        for path in ("/.hidden.html", "/secret.key", "/..%2fetc%2fpasswd", "/%2e%2e/x.html", "/gone.html", "/metrics"):
            assert (await client.get(path)).status_code == 404, path
    doors.directory = None
    async with on_tcp(page_app(doors)) as client:
        assert (await client.get("/")).status_code == 404


async def test_who_connects_and_asks_nothing_is_hung_up_on(doors, on_tcp, monkeypatch):
    monkeypatch.setattr("netwatch.web.server._IDLE_S", 0.05)
    async with on_tcp(metrics_app(doors)) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(b"GET /metrics HTTP/1.1\r\n")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
