"""SNMP: our client against gufo_snmp and snmp_exporter, asking the same 10,000 agents in the same run.

A GET of 5 objects and a walk of 2 columns of 48 interfaces by v2c, and the GET by v3 (HMAC-SHA-1-96, AES-128), once as
fast as each goes (each with as many at once as suit it best) and once at a steady 1,000 targets a second. CPU is user and system time of the process that asks;
importing, opening sessions and a first pass over all targets are in nobody's figure. About two and a half minutes a
round.
"""

from __future__ import annotations

from bench.measuring import in_network, ratio, row, worker

WORDS = {
    "get": "GET of 5 objects, v2c",
    "walk": "walk of 2 columns x 48 interfaces, v2c",
    "get_v3": "GET of 5 objects, v3 authPriv",
}
PACES = {"fast": "as fast as it goes", "steady": "1,000 targets a second"}
GUFO, EXPORTER = "gufo_snmp", "snmp_exporter"
MOST = {
    ("get", GUFO): 0.6,
    ("walk", GUFO): 0.6,
    ("get_v3", GUFO): 1.0,
    ("get", EXPORTER): 0.15,
    ("walk", EXPORTER): 0.15,
}
WORKERS = {"netwatch": "bench.snmp_worker", GUFO: "bench.gufo_worker", EXPORTER: "bench.exporter_worker"}


def run(rounds: int, targets: int) -> None:
    for what, words in WORDS.items():
        for pace, at in PACES.items():
            compare(rounds, targets, what, pace, f"{words}, {targets} agents, {at}")


def compare(rounds: int, targets: int, what: str, pace: str, words: str) -> None:
    print(f" {words}: CPU of the asking side")
    sides = ["netwatch", *(peer for peer in (GUFO, EXPORTER) if (what, peer) in MOST)]
    spent: dict[str, list[float]] = {side: [] for side in sides}
    rates: dict[str, list[float]] = {side: [] for side in sides}
    retries = 0
    for _ in range(rounds):
        for side in sides:
            found = in_network("true", *worker(WORKERS[side]), what, pace, targets)
            spent[side].append(found["cpu_s"] / found["asked"] * 1e6)
            rates[side].append(found["asked"] / found["elapsed_s"])
            retries += found.get("retries", 0)
    middles = {side: row(side, spent[side], "us a target") for side in sides}
    for peer in sides[1:]:
        ratio(f"ratio to {peer}", middles["netwatch"], middles[peer], most=MOST[what, peer])
    for side in sides:
        row(f"targets a second, {side}", rates[side], "")
    print(f"  netwatch's retries, all rounds together: {retries}", flush=True)
