"""The lab built: namespaces, cables, routes and real SNMP agents; and what can be done to them."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.lab.namespaces import plan
from tests.lab.namespaces.cables import Cables, End
from tests.lab.namespaces.shell import Namespace, end, wait_until

COMMUNITY = "lab-readers"
AGENT_CONFIG = """\
agentaddress udp:{address}:161
rocommunity {community} default
sysName {node}
sysLocation the lab
sysContact noc@example.com
"""
#: What a router's agent needs; the host's disks and processes are not the lab's business.
AGENT_MODULES = (
    "-I",
    "-hr_system,hr_storage,hr_device,hr_other,hr_proc,hr_network,hr_print,hr_disk,hr_partition,hr_filesys",
)


class Network:
    """Ten routers, a monitor's place and the world outside, until `remove`. `name` tells it from others at the same time."""

    def __init__(self, base: Path, name: str = "") -> None:
        self.base = base
        self.name = name
        self.spaces: dict[str, Namespace] = {}
        self._agents: dict[str, subprocess.Popen[bytes]] = {}
        try:
            self._build()
        except BaseException:
            self.remove()
            raise

    def _build(self) -> None:
        for node in (*plan.NODES, "wires"):
            self.spaces[node] = Namespace.make(self.name + node)
        self.cables = Cables(self.spaces["wires"])
        for cable, (a, b) in plan.CABLES.items():
            self.cables.lay(cable, self.end(a, b), self.end(b, a))
        for node in plan.NODES:
            space = self.spaces[node]
            lines = [f"address add {plan.address(node)}/32 dev lo"]
            lines += [
                f"address add {plan.trunk_address(hop.cable, node)}/30 dev {hop.interface}" for hop in plan.hops(node)
            ]
            space.ip(lines + plan.route_commands(node))
            if node in plan.ROUTERS:
                space.sysctl({"net.ipv4.ip_forward": 1})
                self._start_agent(node)
        self.wait_all_answer()

    def _start_agent(self, node: str) -> None:
        config = self.base / f"snmpd-{node}.conf"
        config.write_text(AGENT_CONFIG.format(address=plan.address(node), community=COMMUNITY, node=node))
        self._agents[node] = self.spaces[node].start(
            ["snmpd", "-f", "-C", "-c", str(config), "-Lo", *AGENT_MODULES],
            self.base / f"snmpd-{node}.log",
            {"MIBS": "", "SNMP_PERSISTENT_DIR": str(self.base / f"snmpd-{node}")},
        )

    def end(self, node: str, towards: str) -> End:
        """The interface of `node` on its cable to `towards`."""
        return End(self.spaces[node], f"to-{towards}")

    def answers(self, node: str) -> bool:
        """Whether the monitor can ping it and its agent tells its name."""
        space = self.spaces["noc"].name
        address = plan.address(node)
        in_noc = ["ip", "netns", "exec", space]
        ping = subprocess.run([*in_noc, "ping", "-nqc1", "-W1", address], capture_output=True, check=False)
        if ping.returncode:
            return False
        ask = ["snmpget", "-v2c", f"-c{COMMUNITY}", "-t1", "-r0", "-Ovq", address, ".1.3.6.1.2.1.1.5.0"]
        said = subprocess.run([*in_noc, *ask], capture_output=True, text=True, check=False, env={"MIBS": ""})
        return said.stdout.strip().strip('"') == node

    def wait_all_answer(self, within_s: float = 20.0) -> None:
        for node in plan.ROUTERS:
            wait_until(f"{node} answers ping and SNMP", lambda node=node: self.answers(node), within_s)

    def hang(self, node: str) -> None:
        """Its software stands still: carrier stays at all its neighbours, nothing is answered or forwarded."""
        self.stall_agent(node)
        self.spaces[node].nft(
            "table inet hung {\n chain everything { type filter hook prerouting priority -300; policy drop; }\n}\n"
        )

    def wake(self, node: str) -> None:
        self.spaces[node].nft("delete table inet hung")
        self.wake_agent(node)

    def power_off(self, *nodes: str) -> None:
        """All their cables go dark, at the neighbours too."""
        self.cables.cut(*_cables_of(nodes))

    def power_on(self, *nodes: str) -> None:
        self.cables.mend(*_cables_of(nodes))

    def stall_agent(self, node: str) -> None:
        """Its SNMP agent hangs; everything else of it goes on."""
        self._agents[node].send_signal(signal.SIGSTOP)

    def wake_agent(self, node: str) -> None:
        self._agents[node].send_signal(signal.SIGCONT)

    def silence(self, node: str) -> None:
        """It answers nothing that is meant for itself, and forwards as before."""
        self.spaces[node].nft(
            f"table inet silent {{\n chain own {{ type filter hook input priority 0; "
            f"ip daddr {plan.address(node)} drop; }}\n}}\n"
        )

    def unsilence(self, node: str) -> None:
        self.spaces[node].nft("delete table inet silent")

    def remove(self) -> None:
        """Everything, also when building failed half-way."""
        for agent in self._agents.values():
            if agent.poll() is None:
                agent.kill()
        for agent in self._agents.values():
            end(agent)
        for space in self.spaces.values():
            space.remove()


def _cables_of(nodes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(hop.cable for node in nodes for hop in plan.hops(node)))
