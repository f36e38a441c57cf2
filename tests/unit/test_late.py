"""What is loaded when it is used: not earlier, and then for good."""

from __future__ import annotations

import subprocess
import sys

import pytest

from netwatch.late import late

_SAYS_WHAT_IS_LOADED = """
import sys
from netwatch.cli.main import application
application(sys.argv[1:])
print(*sorted({name.partition(".")[0] for name in sys.modules} | {n for n in sys.modules if n.startswith("netwatch.")}))
"""


def loaded_by(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _SAYS_WHAT_IS_LOADED, *words], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_what_is_used_is_the_modules_own_and_stays():
    module = late("fractions")
    assert module.Fraction(1, 2) + module.Fraction(1, 2) == 1
    assert vars(module)["Fraction"] is sys.modules["fractions"].Fraction


def test_a_module_that_is_missing_is_told_at_its_first_use():
    module = late("netwatch.no_such_module")
    with pytest.raises(ImportError, match="no_such_module"):
        module.anything  # noqa: B018


def test_a_name_that_a_module_lacks_is_told():
    with pytest.raises(AttributeError, match="no_such_name"):
        late("fractions").no_such_name  # noqa: B018


def test_the_daemon_loads_no_library_of_a_feature_that_it_may_not_need():
    found = loaded_by("run", "-c", "netwatch.yaml")
    assert "netwatch.daemon.main" in found
    assert not found & {"httpx", "icalendar", "dateutil", "cryptography", "rich", "netwatch.simulation"}
    assert not found & {"aiosmtplib", "smpplib", "apprise"}


def test_the_daemon_leaves_what_understands_the_files_to_the_process_that_reads_them():
    found = loaded_by("run", "-c", "netwatch.yaml")
    assert "netwatch.daemon.apart" in found
    assert not found & {"pydantic", "pydantic_core", "yaml"}


def test_a_command_is_loaded_alone_and_all_of_them_without_one():
    assert "netwatch.daemon.main" not in loaded_by("version")
    everything = loaded_by()
    assert {"netwatch.cli.drilling", "netwatch.cli.probing", "netwatch.cli.running"} <= everything
