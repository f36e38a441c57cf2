"""Our C responders, compiled when they are needed, and processes that end with us."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent


@contextmanager
def responder(source: str, *words: object, libraries: Sequence[str] = ()) -> Iterator[subprocess.Popen[str]]:
    """Compile `source` with gcc into a temporary folder and run it until the block ends; it has said that it is ready.

    Raises:
        RuntimeError: it can't be compiled, or ends at once.
    """
    with tempfile.TemporaryDirectory(prefix="netwatch-bench-") as folder:
        program = Path(folder, source.removesuffix(".c"))
        gcc = ["gcc", "-O2", "-o", str(program), str(HERE / source), *(f"-l{name}" for name in libraries)]
        done = subprocess.run(gcc, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(gcc)}: {done.stderr[-2000:]}")
        process = subprocess.Popen([program, *map(str, words)], stdout=subprocess.PIPE, text=True)
        try:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise RuntimeError(f"{source} does not run: {words}")
            yield process
        finally:
            process.kill()
            process.wait()


@contextmanager
def agents(port: int, processes: int = 1) -> Iterator[subprocess.Popen[str]]:
    """SNMP agents on every address of this network, see bench/agents.c."""
    with responder("agents.c", port, processes, libraries=("crypto",)) as process:
        yield process


class Watched:
    """A process' cost as the kernel counts it. Source: proc(5), /proc/PID/stat and status."""

    def __init__(self, pid: int) -> None:
        self._place = Path("/proc", str(pid))

    def cpu_s(self) -> float:
        """User and system seconds since its start, of all its threads."""
        fields = Path(self._place, "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident now, MiB."""
        return self._status("VmRSS")

    def peak_mb(self) -> float:
        """Resident at most so far, MiB."""
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        for line in Path(self._place, "status").read_text(encoding="ascii").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"no {name}: the process has ended")
