"""SNMP: our client against net-snmp's tools, asking the same net-snmp agent in the same run.

A GET of 5 objects, and a walk of 2 columns of the interfaces table. The tools are a process a request, which
is how a script asks; most of their cost is starting.
"""

from __future__ import annotations

from bench.measuring import in_network, ratio, row, worker


def run(rounds: int, targets: int) -> None:
    del targets
    sides = {"netwatch": {"get": [], "walk": []}, "net-snmp": {"get": [], "walk": []}}
    for _ in range(rounds):
        for side, found in sides.items():
            spent = in_network(interfaces(46), *worker("bench.snmp_worker"), side)
            for what, values in found.items():
                values.append(spent[what])
    for what, words in (("get", "GET of 5 objects"), ("walk", "walk of 2 columns x 48 interfaces")):
        print(f" {words}, CPU of the asking side")
        mine = row("netwatch", sides["netwatch"][what], "us a time")
        ratio("ratio to net-snmp's tools", mine, row("net-snmp's tools", sides["net-snmp"][what], "us a time"))


def interfaces(count: int) -> str:
    """Shell words that add interfaces to the loopback."""
    return f"i=0; while [ $i -lt {count // 2} ]; do ip link add v$i type veth peer name w$i; i=$((i+1)); done; ip link add v99 type veth"
