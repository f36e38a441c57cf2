"""`probe` without a network: who is meant, what the figures say, what a person reads."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.cli.probe.icmp import summed_up
from netwatch.cli.probe.model import DaemonPart, HopRow, PortRow, ProbeReport, SnmpPart, Target, TracePart
from netwatch.cli.probe.showing import show
from netwatch.cli.probe.snmp import carried, why_not
from netwatch.cli.probing import find
from netwatch.cli.terminal import Terminal
from netwatch.polling.snmp.agent import Agent
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.session import Community
from netwatch.web import sample
from netwatch.web.device import DeviceView, SeenView, WindowView
from netwatch.web.model import UnknownDeviceError

AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
INVENTORY = sample.inventory()


@pytest.mark.parametrize("wanted", ["hgl-agg-1", "127.10.0.2"])
def test_a_device_is_found_by_its_id_and_by_its_address(wanted):
    found = find(wanted, INVENTORY)
    assert (found.device, found.address, found.site) == ("hgl-agg-1", "127.10.0.2", "Hengelo Noord")


def test_an_address_that_is_nobodys_is_probed_all_the_same():
    assert find("2001:DB8::0:1", INVENTORY) == Target("2001:db8::1")
    assert find("127.0.0.1", None) == Target("127.0.0.1")


@pytest.mark.parametrize(
    ("wanted", "mend"),
    [("hgl-agg1", "did you mean hgl-agg-1"), ("OLT", "did you mean hgl-olt-1?"), ("%%", "name one of the inventory")],
)
def test_a_name_that_is_not_known_is_met_with_what_could_be_meant(wanted, mend):
    with pytest.raises(UnknownDeviceError) as caught:
        find(wanted, INVENTORY)
    assert mend in caught.value.mend


@given(st.lists(st.floats(0.01, 5000), max_size=60), st.integers(0, 60))
def test_the_figures_of_pings_are_in_order_and_within_what_was_measured(rtts, lost):
    found = summed_up(len(rtts) + lost, rtts)
    if not rtts and not lost:
        assert found.error
    elif not rtts:
        assert (found.received, found.loss_ratio, found.rtt_p50_ms) == (0, 1.0, None)
    else:
        assert min(rtts) == found.rtt_min_ms <= found.rtt_p50_ms <= found.rtt_p95_ms <= found.rtt_max_ms == max(rtts)
        assert found.sent - found.received == lost
        assert found.loss_ratio == pytest.approx(lost / (lost + len(rtts)))
        assert found.jitter_ms is None or found.jitter_ms <= max(rtts) - min(rtts) + 1e-9


@pytest.mark.parametrize(
    ("status", "refused", "words"),
    [
        (Status.TIMEOUT, "", "no answer by SNMP in 3 tries; profile default, v2c"),
        (Status.TIMEOUT, "wrong key", "refused by the agent: wrong key; profile default, v2c"),
        (Status.NOT_SENT, "", "no request could be sent to 127.0.0.1: this machine has no way there"),
        (Status.GEN_ERR, "", "the agent answered with the error GEN_ERR; profile default, v2c"),
    ],
)
def test_an_agent_that_does_not_tell_is_told_in_one_line(status, refused, words):
    agent = Agent("d", "127.0.0.1", 161, Community(1, b"public"), 1.5, 2)
    agent.refused = refused
    assert why_not(status, agent, SnmpPart(profile="default", version="2c")) == words


def test_what_hangs_on_a_port_is_told_in_words():
    assert carried(INVENTORY, "ens-core-1") == {
        "xe-0/1/0": "trunk-17 to hgl-agg-1 (Hengelo Noord)",
        "ge-0/0/9": "c-5",
    }
    assert carried(INVENTORY, "hgl-olt-1")["pon0/2"] == "c-1"
    assert carried(None, "hgl-olt-1") == carried(INVENTORY, "") == {}


def report(**more) -> ProbeReport:
    ports = (
        PortRow(1, "lo", "", "up", "up", 1e7),
        PortRow(7, "ge-0/0/1", "", "up", "down", 1e9, 125.0, known=True, carries="trunk-17 to ens-core-1"),
        *(PortRow(n, f"ge-1/0/{n}", "", "down", "down") for n in range(100, 120)),
    )
    snmp = SnmpPart(
        "default", "2c", "hgl-agg-1", "A switch", uptime_s=90_000.0, ports=ports, missing_ports=("ge-9",)
    )  # fmt: skip
    view = DeviceView(
        "hgl-agg-1", "hgl-agg-1", "aggregation", "Hengelo Noord", "127.10.0.2", "default", AT, "unreachable",
        ("explained by: link trunk-17",), 0.97, AT, ("nw-1",), (SeenView("icmp", AT, 3.2, "no answer", good=False),),
        WindowView(300.0, 30, 3, 0.1, 2.0, 9.0, 0.5),
    )  # fmt: skip
    usual = ProbeReport(
        find("hgl-agg-1", INVENTORY), AT, 3.0, answers=True, ping=summed_up(8, [1.0] * 6), snmp=snmp,
        trace=TracePart((HopRow(1, "127.10.0.1", 1.0, "ens-core-1"), HopRow(2)), reached=False),
        daemon=DaemonPart(view),
    )  # fmt: skip
    return replace(usual, **more)


def shown(found, capsys) -> str:
    show(Terminal(), found)
    return capsys.readouterr().out


def test_the_answer_comes_first_then_what_it_stands_on(capsys):
    lines = shown(report(), capsys).splitlines()
    assert lines[0] == "hgl-agg-1  127.10.0.2  (aggregation, Hengelo Noord)"
    assert lines[1].split("(")[0].startswith("  netwatch   counts it as UNREACHABLE since ")
    assert lines[1].endswith("97% sure  incident nw-1")
    text = "\n".join(lines)
    for words in (
        "6 of 8 answered, 25% lost; min / p50 / p95 / max 1.0 / 1.0 / 1.0 / 1.0 ms, jitter 0.0 ms",
        "v2c, profile default  up 25 h 00 min  hgl-agg-1",
        "2  no answer",
        "the device itself was not reached",
        "ge-0/0/1    down",
        "1 Gbit/s   changed 2 min ago  trunk-17 to ens-core-1",
        "and 9 more that the inventory does not name",
        "MISSING the inventory names port ge-9, the device has none",
        "explained by: link trunk-17",
        "3 of 30 pings lost (10%); p50 2.0 ms, p95 9.0 ms, jitter 0.5 ms",
        "3 s ago  icmp       no answer",
    ):
        assert words in text, f"{words}\n{text}"
    ports = [line for line in lines if line.startswith("  ge-0/0/1")]
    assert not any(line != line.rstrip() for line in lines)
    assert lines.index(ports[0]) < next(n for n, line in enumerate(lines) if line.startswith("  lo")), "known first"


def test_what_could_not_be_done_is_one_line_each(capsys):
    text = shown(
        report(
            ping=summed_up(8, []), snmp=SnmpPart(error="no answer by SNMP in 3 tries"), trace=TracePart(error="use sudo"),
            daemon=DaemonPart(error="netwatch does not run"), files_error="network.yaml:3:1: broken", answers=False,
        ),
        capsys,
    )  # fmt: skip
    assert [line.strip() for line in text.splitlines()[1:6]] == [
        "files      not used: network.yaml:3:1: broken",
        "netwatch   not asked: netwatch does not run",
        "ping       NO ANSWER to 8 pings",
        "SNMP       no: no answer by SNMP in 3 tries",
        "way there  not done: use sudo",
    ]


def test_with_broken_files_the_daemon_says_where_a_device_is(netwatch, doors, tmp_path):
    quick = "polling: {snmp_timeout_s: 0.05, snmp_retries: 0}\n"
    (tmp_path / "netwatch.yaml").write_text(f"inventory: [none.yaml]\n{quick}")
    doors.seen = {"d-1": replace(report().daemon.view, id="d-1", address="127.0.0.1")}
    said = netwatch("probe", "d-1", "-n", "1", "--json")
    assert '"files_error": "' in said.out
    assert '"address": "127.0.0.1"' in said.out
    assert '"state": "unreachable"' in said.out
    unknown = netwatch("probe", "d-2")
    assert unknown.code == 1
    assert "none.yaml" in unknown.err
