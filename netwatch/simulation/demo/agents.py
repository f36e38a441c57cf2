"""The devices' agents: a real net-snmp snmpd for each, with ports whose state the demo sets.

The ports are objects of the agent that an SNMP SET may write (snmpd.conf's `override -rw`); so the demo makes
carrier go away by the same protocol by which netwatch sees it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from netwatch.errors import OperatingError
from netwatch.simulation.demo import ground as place
from netwatch.simulation.demo import setting
from netwatch.simulation.demo.provider import DemoDevice

READ_COMMUNITY: Final = "demo-read"
_WRITE_COMMUNITY: Final = "demo-fault"
_UP: Final = 1
_DOWN: Final = 2  # ifOperStatus. Source: IF-MIB
_OPER_STATUS: Final = "1.3.6.1.2.1.2.2.1.8"
_MODULES: Final = "system_mib,sysORTable,snmpEngine,override,vacm_conf,vacm_context"
_HEAD: Final = """\
agentaddress udp:{address}:{port}
rocommunity {read} default
rwcommunity {write} default
sysName {name}
sysDescr invented router of the netwatch demo
sysLocation {site}
override 1.3.6.1.2.1.2.1.0 integer {count}
"""
_PORT: Final = """\
override 1.3.6.1.2.1.2.2.1.1.{index} integer {index}
override 1.3.6.1.2.1.2.2.1.2.{index} octet_str "{name}"
override 1.3.6.1.2.1.2.2.1.3.{index} integer 6
override -rw 1.3.6.1.2.1.2.2.1.7.{index} integer 1
override -rw 1.3.6.1.2.1.2.2.1.8.{index} integer 1
override -rw 1.3.6.1.2.1.2.2.1.9.{index} timeticks 0
override 1.3.6.1.2.1.31.1.1.1.1.{index} octet_str "{name}"
override 1.3.6.1.2.1.31.1.1.1.18.{index} octet_str "{alias}"
"""


class Agents:
    """All agents, alive until `stop`."""

    def __init__(self, ground: place.Ground, devices: Mapping[str, DemoDevice], port: int, directory: Path) -> None:
        self._ground = ground
        self._devices = devices
        self._port = port
        self._directory = directory
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._silent: set[str] = set()

    def start(self) -> None:
        """Starts them all.

        Raises:
            OperatingError: snmpd is not installed, or one does not stay up.
        """
        program = place.find("snmpd")
        if program is None:
            raise OperatingError("the demo needs net-snmp's agent", "apt-get install snmpd")
        self._directory.mkdir(parents=True, exist_ok=True)
        for name, device in self._devices.items():
            config = self._directory / f"{name}.conf"
            config.write_text(_config(device, self._port), encoding="utf-8")
            command = [program, "-f", "-C", "-c", str(config), "-Lo", "-I", _MODULES]
            environment = {"MIBS": "", "SNMP_PERSISTENT_DIR": str(self._directory / name)}
            log = self._directory / f"{name}.log"
            self._running[name] = self._ground.do(partial(place.start, command, log, environment))
        self._wait_for_all()

    def _wait_for_all(self) -> None:
        deadline = time.monotonic() + 20
        for name, device in self._devices.items():
            while not self._sets(device, [(f"{_OPER_STATUS}.1", _UP)]):
                if self._running[name].poll() is not None or time.monotonic() > deadline:
                    raise OperatingError(
                        f"the agent of {name} does not run", f"see {self._directory / (name + '.log')}"
                    )

    def carrier(self, ports: Iterable[tuple[str, str]], *, on: bool) -> None:
        """Sets these ports (device, interface) up or down; an agent must not be silent."""
        for device, interface in ports:
            index = 1 + list(self._devices[device].ports).index(interface)
            if not self._sets(self._devices[device], [(f"{_OPER_STATUS}.{index}", _UP if on else _DOWN)]):
                raise OperatingError(f"the agent of {device} did not take the new state of {interface}")

    def silence(self, names: Collection[str]) -> None:
        """These devices answer nothing any more, as if out of reach."""
        self._ground.silence([self._devices[name].address for name in names])
        if not self._ground.icmp:
            self._signal(names, signal.SIGSTOP)
        self._silent.update(names)

    def unsilence(self, names: Collection[str]) -> None:
        self._ground.unsilence([self._devices[name].address for name in names])
        if not self._ground.icmp:
            self._signal(names, signal.SIGCONT)
        self._silent.difference_update(names)

    def _signal(self, names: Collection[str], number: signal.Signals) -> None:
        for name in names:
            os.kill(self._running[name].pid, number)

    def _sets(self, device: DemoDevice, values: list[tuple[str, int]]) -> bool:
        request = setting.encode(_WRITE_COMMUNITY, int(time.monotonic_ns() & 0x7FFFFFFF), values)

        def ask() -> bool:
            with place.udp_socket() as sock:
                sock.connect((device.address, self._port))
                try:
                    sock.send(request)
                    return setting.succeeded(sock.recv(4096))
                except (TimeoutError, ConnectionRefusedError):
                    return False

        return self._ground.do(ask)

    def stop(self) -> None:
        """Ends them, the stopped ones too."""
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
        for process in self._running.values():
            process.wait(10)
        self._running.clear()


def _config(device: DemoDevice, port: int) -> str:
    head = _HEAD.format(
        address=device.address,
        port=port,
        read=READ_COMMUNITY,
        write=_WRITE_COMMUNITY,
        name=device.name,
        site=device.site,
        count=len(device.ports),
    )
    return head + "".join(
        _PORT.format(index=index, name=name, alias=alias) for index, (name, alias) in enumerate(device.ports.items(), 1)
    )
