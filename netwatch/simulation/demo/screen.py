"""What the demo shows while it runs: steps with the seconds they took, alive on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TextIO

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from netwatch.simulation.demo.account import Finding


class Screen(Protocol):
    """Where the story is told. `since_cut_s` is None for what happens before the cut."""

    def say(self, text: str) -> None:
        """A remark that stays."""
        ...

    def begin(self, step: str) -> None:
        """The demo waits for this now."""
        ...

    def done(self, step: str, text: str, since_cut_s: float | None = None) -> None: ...

    def quote(self, title: str, text: str) -> None:
        """What netwatch itself printed."""
        ...

    def verdict(self, findings: Sequence[Finding], remark: str) -> None: ...

    def close(self) -> None: ...


class Silent:
    """For --json: the summary is all that is printed."""

    def say(self, text: str) -> None: ...

    def begin(self, step: str) -> None: ...

    def done(self, step: str, text: str, since_cut_s: float | None = None) -> None: ...

    def quote(self, title: str, text: str) -> None: ...

    def verdict(self, findings: Sequence[Finding], remark: str) -> None: ...

    def close(self) -> None: ...


class Plain:
    """Lines, for logs and pipes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def say(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def begin(self, step: str) -> None: ...

    def done(self, step: str, text: str, since_cut_s: float | None = None) -> None:
        clock = f"{since_cut_s:7.1f} s" if since_cut_s is not None else " " * 9
        self.say(f"{clock}  {step}: {text}")

    def quote(self, title: str, text: str) -> None:
        self.say(f"\n$ {title}")
        self.say("\n".join(f"  {line}" for line in text.strip().splitlines()) + "\n")

    def verdict(self, findings: Sequence[Finding], remark: str) -> None:
        self.say("")
        for finding in findings:
            self.say(f"  {'ok   ' if finding.ok else 'WRONG'} {finding.text}")
        self.say(remark)

    def close(self) -> None: ...


@dataclass(slots=True)
class _Line:
    step: str
    begun_at: float
    text: str = ""
    since_cut_s: float | None = None
    is_done: bool = False


class Lively:
    """A terminal: colours, and seconds that run."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: dict[str, _Line] = {}
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=8, transient=True)
        self._live.start()

    def say(self, text: str) -> None:
        self._console.print(escape(text), highlight=True)

    def begin(self, step: str) -> None:
        self._lines.setdefault(step, _Line(step, time.monotonic()))

    def done(self, step: str, text: str, since_cut_s: float | None = None) -> None:
        self._lines.pop(step, None)
        line = _Line(step, 0.0, text, since_cut_s, is_done=True)
        self._console.print(self._row_table([line]))

    def quote(self, title: str, text: str) -> None:
        self._console.print(f"\n[bold]$ {escape(title)}[/]")
        self._console.print(Text(text.strip(), style="dim"))
        self._console.print()

    def verdict(self, findings: Sequence[Finding], remark: str) -> None:
        self._console.print()
        for finding in findings:
            mark = "[bold green]  ✓[/]" if finding.ok else "[bold red]  ✗[/]"
            self._console.print(f"{mark} {escape(finding.text)}")
        style = "bold green" if all(finding.ok for finding in findings) else "bold red"
        self._console.print(Text(remark, style=style))

    def close(self) -> None:
        self._lines.clear()
        self._live.stop()

    def _table(self) -> Table:
        return self._row_table(list(self._lines.values()))

    def _row_table(self, lines: list[_Line]) -> Table:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=10, justify="right")
        table.add_column(width=2)
        table.add_column(width=16)
        table.add_column(overflow="fold")
        for line in lines:
            if line.is_done:
                clock = f"{line.since_cut_s:.1f} s" if line.since_cut_s is not None else ""
                table.add_row(
                    Text(clock, style="bold yellow"), Text("✓", style="green"), Text(line.step, style="bold"), line.text
                )
            else:
                waited = f"{time.monotonic() - line.begun_at:.0f} s"
                table.add_row(Text(waited, style="cyan"), self._spinner, Text(line.step, style="cyan"), "...")
        return table


def choose(*, plain: bool, json_output: bool) -> Screen:
    """The screen that fits where the output goes."""
    if json_output:
        return Silent()
    console = Console(highlight=False)
    if plain or not console.is_terminal:
        return Plain(sys.stdout)
    return Lively(console)
