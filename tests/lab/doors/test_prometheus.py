"""Metrics and alert rules, judged by Prometheus' own tool."""

import asyncio
import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from netwatch.communication.model import State
from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import Status
from netwatch.web import sample
from netwatch.web.fake import FakeDoors
from netwatch.web.measures import STAGE_BOUNDS_S, STAGES, WORK_BOUNDS_S, Measure, MetricsSnapshot
from netwatch.web.metrics import CATALOGUE
from netwatch.web.public import metrics_app
from netwatch.web.server import serve
from netwatch.web.sockets import address_of, open_tcp

pytestmark = pytest.mark.lab
RULES = Path(__file__).parents[3] / "systemd" / "prometheus-rules.yaml"


def everything():
    """A snapshot in which every metric has every label."""
    work, stage = Measure(WORK_BOUNDS_S), Measure(STAGE_BOUNDS_S)
    work.add(0.002)
    stage.add(24.0)
    return MetricsSnapshot(
        version='1.2.3"\\\n',
        started_at=1.0,
        devices={"up": 10, "down": 1},
        customers=200,
        receive_buffer_bytes=1,
        observations={"icmp": 10, "interface": 3},
        step=work.distribution(),
        commit=work.distribution(),
        stages={name: stage.distribution() for name in STAGES},
        incidents={(scope, status): 1 for scope in Scope for status in Status},
        messages={("email", state): 1 for state in State},
        last_step_at=2.0,
        last_inventory_at=1.0,
    )


async def scraped():
    doors = FakeDoors(sample.picture(), figures=everything())
    listener = open_tcp("127.0.0.1", 0, "metrics.port")
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(metrics_app(doors), listener, stop))
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://{address_of(listener)}/metrics")
    stop.set()
    await serving
    return answer.text


async def test_promtool_has_no_objection_to_a_real_scrape():
    text = await scraped()
    for entry in CATALOGUE:
        assert f"# TYPE {entry.name} " in text
    said = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_promtool_takes_the_alert_rules():
    said = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "SUCCESS" in said.stdout


def test_alert_rules_ask_only_for_metrics_that_exist():
    known = {entry.name for entry in CATALOGUE}
    asked = {
        re.sub(r"_(bucket|count|sum)$", "", name)
        for line in RULES.read_text().splitlines()
        if line.lstrip().startswith(("expr:", "increase", "- ignoring"))
        for name in re.findall(r"netwatch_[a-z_]+", line)
    }
    assert asked
    assert asked <= known


@pytest.mark.parametrize(
    ("failed", "minute", "fires"),
    [
        ("_x30 1x300", 29, False),
        ("_x30 1x300", 34, False),
        ("_x30 1x300", 36, True),
        ("_x30 1x300", 88, True),
        ("_x30 1x300", 91, False),  # the same row is still there, and will be for thirty days
        ("1x100 3x200", 99, False),
        ("1x100 3x200", 110, True),
        ("5x100 2x200", 110, False),  # forgotten, or sent again by hand
    ],
)
def test_the_ticket_about_failed_messages_is_for_those_of_the_last_hour(tmp_path, failed, minute, fires):
    ticket = {
        "exp_labels": {"severity": "ticket", "channel": "email", "state": "failed"},
        "exp_annotations": {
            "summary": "Messages could not be delivered.",
            "mend": "netwatch addresses lists what to mend",
        },
    }
    alert = {
        "eval_time": f"{minute}m",
        "alertname": "NetwatchMessagesFailed",
        "exp_alerts": [ticket] if fires else [],
    }
    series = [
        {"series": 'netwatch_messages{channel="email",state="failed"}', "values": failed},
        {"series": 'netwatch_messages{channel="email",state="accepted"}', "values": "0+10x400"},
    ]
    case = {"interval": "1m", "input_series": series, "alert_rule_test": [alert]}
    document = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [case]}
    (tmp_path / "case.yaml").write_text(json.dumps(document))  # JSON is YAML
    said = subprocess.run(
        ["promtool", "test", "rules", str(tmp_path / "case.yaml")], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
