"""Rules for every test."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import settings

# CI must say the same of the same code twice; the search for new examples goes on at every desk.
settings.register_profile("ci", derandomize=True, print_blob=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI=true, a skipped test is a failed one: what is not run proves nothing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped under CI: {call.excinfo and call.excinfo.value}"
    return report


@contextmanager
def _limited(what: int, soft: int) -> Iterator[None]:
    before, hard = resource.getrlimit(what)
    resource.setrlimit(what, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(what, (before, hard))


@pytest.fixture
def no_descriptors() -> Callable[[], AbstractContextManager[None]]:
    """Inside this process can open nothing more: no file, no socket, no connection."""

    @contextmanager
    def exhausted() -> Iterator[None]:
        lowest = os.dup(2)  # the kernel gives the lowest that is free
        os.close(lowest)
        with _limited(resource.RLIMIT_NOFILE, lowest):
            yield

    return exhausted


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """Inside this process can make no file longer than a page."""
    return lambda: _limited(resource.RLIMIT_FSIZE, 4096)
