"""Speed against peers, measured in the same run on the same targets.

`python -m bench [NAME ...] [--rounds N]`: without names all of them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from bench import icmp, polling, snmp

NEEDED = {"fping": "fping", "snmpget": "snmp", "/usr/sbin/snmpd": "snmpd", "nft": "nftables", "ip": "iproute2"}
BENCHMARKS = {"icmp": icmp.run, "snmp": snmp.run, "polling": polling.run}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is measured (default 5)")
    parser.add_argument("--targets", type=int, default=10_000, help="how many are pinged (default 10000)")
    chosen = parser.parse_args()
    missing = [package for program, package in NEEDED.items() if shutil.which(program) is None]
    if missing:
        sys.exit(f"bench: install the peers first: apt-get install {' '.join(missing)}")
    if os.geteuid() != 0:
        sys.exit("bench: network namespaces and raw sockets need root")
    for name in chosen.names or BENCHMARKS:
        print(f"== {name}", flush=True)
        BENCHMARKS[name](chosen.rounds, chosen.targets)


if __name__ == "__main__":
    main()
