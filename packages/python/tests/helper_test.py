"""How the helper finds, starts and stops the server, and what a failed test shows."""

import http.client
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import defentry_mock
import pytest
from defentry_mock import MockError, Sandbox, find_binary, start

pytest_plugins = ["pytester"]


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test start servers, also where the run has one."""
    monkeypatch.delenv("DEFENTRY_BASE_URL", raising=False)


def answers(base_url: str) -> bool:
    try:
        urllib.request.urlopen(f"{base_url}/_mock/health").close()
    except OSError:
        return False
    return True


@pytest.mark.usefixtures("own_server")
def test_it_starts_and_stops() -> None:
    with start() as server:
        assert answers(server.base_url)
    assert not answers(server.base_url)
    assert server.has_ended()


@pytest.mark.usefixtures("own_server")
@pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")
def test_no_server_is_left_when_the_tests_are_killed() -> None:
    code = "import defentry_mock, sys; print(defentry_mock.start().base_url, flush=True); sys.stdin.read()"
    tests = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert tests.stdout
    assert tests.stdin
    base_url = tests.stdout.readline().strip()
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=20)
    connection.request("GET", "/_mock/health")
    connection.getresponse().read()
    tests.send_signal(signal.SIGKILL)
    tests.wait()
    # A connection that is kept alive ends with the server.
    assert connection.sock.recv(1) == b""
    assert not answers(base_url)
    tests.stdin.close()
    tests.stdout.close()


def test_a_server_that_runs_is_used_and_left_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEFENTRY_BASE_URL", raising=False)
    with start() as running:
        monkeypatch.setenv("DEFENTRY_BASE_URL", running.base_url + "/")
        with start() as same:
            assert same.base_url == running.base_url
        assert answers(running.base_url)


@pytest.mark.usefixtures("own_server")
def test_a_wrong_setting_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOCK_ASSUME", "no.such=key")
    with pytest.raises(MockError, match=r"--assume no\.such=key"):
        start()
    monkeypatch.setenv("DEFENTRY_MOCK_BINARY", str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError, match=r"DEFENTRY_MOCK_BINARY names .*absent, and no file is there"):
        find_binary()


def test_a_refused_control_call_says_why(defentry_sandbox: Sandbox) -> None:
    with pytest.raises(MockError, match=r"POST .*/_mock/leaks: 400 .*kind"):
        defentry_sandbox.control("POST", "leaks", {"kind": "shoe", "value": "42"})


def test_a_failed_test_shows_what_the_mock_saw(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import urllib.error, urllib.request
        import pytest

        def test_list(defentry_sandbox):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(defentry_sandbox.base_url + "/api/v1/email-watchlist")
            assert False
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Defentry mock*",
            "the Defentry mock at http://127.0.0.1:*/_sandbox/* saw these requests:",
            "  GET /api/v1/email-watchlist → 401 (no token)",
            "    hint: *",
        ]
    )


@pytest.mark.skipif(sys.platform == "win32", reason="replaces the process")
def test_the_module_is_the_binary() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(defentry_mock.__file__).parent.parent)}
    run = subprocess.run(
        [sys.executable, "-m", "defentry_mock", "--version"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("mock-server ")
