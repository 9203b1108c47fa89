"""The pytest plugin: one server for the run, and a sandbox for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ._server import Sandbox, Server, start

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_MARKERS = [
    "defentry_assume(assumptions): assumptions of this test's sandbox, as in {'id.form': 'uuid'}",
    "defentry_seed(seed): what this test's sandbox starts from: 'default', 'empty' or a whole seed",
]


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.fixture(scope="session")
def defentry() -> Iterator[Server]:
    """The mock that DEFENTRY_BASE_URL names, or else one that is started for this run."""
    with start() as server:
        yield server


@pytest.fixture
def defentry_sandbox(defentry: Server, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Give the test a world of its own; its ``base_url`` is for the client under test."""
    # The closest marker comes first, and its assumptions go before those of the class or the module.
    assume: dict[str, Any] = {}
    for marker in request.node.iter_markers("defentry_assume"):
        assume = {**_argument(marker), **assume}
    seed = request.node.get_closest_marker("defentry_seed")
    with defentry.sandbox(seed=_argument(seed) if seed else None, assume=assume) as sandbox:
        yield sandbox


def _argument(marker: pytest.Mark) -> Any:
    if len(marker.args) != 1 or marker.kwargs:
        message = f"@pytest.mark.{marker.name} takes one argument: see pytest --markers"
        raise pytest.UsageError(message)
    return marker.args[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the mock saw to the report of a test that has failed."""
    report = yield
    sandbox = getattr(item, "funcargs", {}).get("defentry_sandbox")
    if call.when == "call" and report.failed and isinstance(sandbox, Sandbox):
        report.sections.append(("Defentry mock", sandbox.report()))
    return report
