"""A mock of the API for the whole run, and on it a sandbox for each test."""

import os
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from defentry import Defentry


@pytest.fixture(scope="session")
def mock() -> Iterator[str]:
    """The mock that DEFENTRY_BASE_URL names, or else one started for this run."""
    if base_url := os.environ.get("DEFENTRY_BASE_URL"):
        yield base_url
        return
    command = ["mock-server", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().removeprefix("listening on ").strip()
        process.terminate()


@pytest.fixture
def sandbox(mock: str) -> Iterator[httpx.Client]:
    """A world of its own. Through this client the test plays the user and the clock."""
    made = httpx.post(f"{mock}/_mock/sandboxes").raise_for_status().json()
    with httpx.Client(base_url=made["base_url"]) as world:
        yield world
    httpx.delete(f"{mock}/_mock/sandboxes/{made['id']}").raise_for_status()


@pytest.fixture
def jane(sandbox: httpx.Client) -> Defentry:
    """The client under test, for a user of the seed who has nothing yet."""
    return Defentry("jane.roe@example.com", str(sandbox.base_url).rstrip("/"))
