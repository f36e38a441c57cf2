"""Speed against peers, measured in the same run on the same targets, and the daemon's own cost.

`python -m bench [NAME ...] [--rounds N]`: without names all of them. Each runs in network namespaces of its own, which
end with it. They take about: icmp 1 minute a round; snmp 2.5 a round; traps 2 and 0.75 a round; daemon 30 and 1 a round;
mailing 2.5 a round; texting 0.5 a round; replay 0.5 and 0.2 a round; diagnosis some minutes,
whatever the rounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys

from bench import daemon, diagnosis, icmp, mailing, replaying, snmp, texting, traps

NEEDED = {
    "fping": "fping",
    "gcc": "gcc libc6-dev libssl-dev",
    "ip": "iproute2",
    "nft": "nftables",
    "prometheus-snmp-exporter": "prometheus-snmp-exporter",
}
BENCHMARKS = {
    "icmp": icmp.run,
    "snmp": snmp.run,
    "traps": traps.run,
    "diagnosis": diagnosis.run,
    "replay": replaying.run,
    "daemon": daemon.run,
    "mailing": mailing.run,
    "texting": texting.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is measured (default 5)")
    parser.add_argument("--targets", type=int, default=10_000, help="icmp, snmp, traps: how many (default 10000)")
    chosen = parser.parse_args()
    missing = [package for program, package in NEEDED.items() if shutil.which(program) is None]
    if missing:
        sys.exit(f"bench: install the peers first: apt-get install {' '.join(missing)}")
    if importlib.util.find_spec("gufo") is None:
        sys.exit("bench: install the peers first: pip install gufo_snmp")
    if os.geteuid() != 0:
        sys.exit("bench: network namespaces and raw sockets need root")
    for name in chosen.names or BENCHMARKS:
        print(f"== {name}", flush=True)
        BENCHMARKS[name](chosen.rounds, chosen.targets)


if __name__ == "__main__":
    main()
