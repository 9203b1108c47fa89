"""A server of the mock, and sandboxes on it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from typing import TYPE_CHECKING, Any, TextIO, cast

from ._find import find_binary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

_FLAGS = ["--listen", "127.0.0.1:0", "--stop-with-stdin", "--log-format", "json"]
_FIRST_LINE = "listening on "
_START_SECONDS = 10.0
_STOP_SECONDS = 5.0
_REPORTED_REQUESTS = 20
_REPORTED_LINES = 20

# The server is on this machine, so its calls go past any proxy of the environment.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class MockError(Exception):
    """The mock could not be started, or refused a control call; the message says which and why."""


def start() -> Server:
    """Return the server that DEFENTRY_BASE_URL names, or else one that is started now.

    Raises:
        FileNotFoundError: There is no binary.
        MockError: The binary did not start.

    """
    if base_url := os.environ.get("DEFENTRY_BASE_URL"):
        return Server(base_url.rstrip("/"))
    process = subprocess.Popen(
        [find_binary(), *_FLAGS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    # Threads read, because a read from a pipe knows no time limit, and a pipe that nobody reads fills up.
    log: deque[str] = deque(maxlen=_REPORTED_LINES)
    keep = threading.Thread(target=log.extend, args=[process.stderr], daemon=True)
    keep.start()
    first: queue.SimpleQueue[str] = queue.SimpleQueue()
    out = cast("TextIO", process.stdout)
    threading.Thread(target=lambda: first.put(out.readline()), daemon=True).start()
    try:
        line = first.get(timeout=_START_SECONDS)
    except queue.Empty:
        line = ""
    if line.startswith(_FIRST_LINE):
        return Server(line.removeprefix(_FIRST_LINE).strip(), process, log)
    process.kill()
    process.wait()
    keep.join(_STOP_SECONDS)
    message = f"{' '.join(map(str, cast('list[str]', process.args)))} did not start: it printed {line!r}, and said:\n"
    raise MockError(message + "".join(log))


class Server:
    """A server of the mock. As a context manager it stops at the end."""

    base_url: str
    """Its URL, without a slash at the end."""

    def __init__(self, base_url: str, process: subprocess.Popen[str] | None = None, log: Iterable[str] = ()) -> None:
        """Take a server that runs, and the process and the log of one that was started."""
        self.base_url = base_url
        self._process = process
        self._log = log

    def sandbox(
        self, *, seed: str | Mapping[str, Any] | None = None, assume: Mapping[str, Any] | None = None
    ) -> Sandbox:
        """Make a world of its own.

        Args:
            seed: What it starts from: "default", "empty" or a whole seed; that of the server if there is none.
            assume: Assumptions to set, as in ``{"id.form": "uuid"}``.

        Raises:
            MockError: The server refused it, or does not answer.

        """
        body: dict[str, Any] = {}
        if seed is not None:
            body["seed"] = seed
        if assume:
            body["assume"] = dict(assume)
        return Sandbox(self, _control(self.base_url, "POST", "sandboxes", body))

    def log(self) -> str:
        """Return the end of the log of a server that was started here, and nothing of another one."""
        return "".join(self._log)

    def has_ended(self) -> bool:
        """Whether a server that was started here has ended."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """Stop the server if it was started here."""
        if self._process is None:
            return
        # The server stops at the end of its input.
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> Server:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()


class Sandbox:
    """A world of its own on a server. As a context manager it ends at the end."""

    id: str
    """Its id, which is part of its base URL."""

    base_url: str
    """What the client under test takes as base URL."""

    crm: dict[str, str]
    """The CRM credentials of the first partner: ``username``, ``password``, ``token``."""

    sso: dict[str, str]
    """The SSO client of the first partner: ``client_id``, ``client_secret``."""

    accounts: list[dict[str, Any]]
    """The accounts of the seed: ``id``, ``partner``, ``email``, ``app_token``."""

    def __init__(self, server: Server, made: dict[str, Any]) -> None:
        """Take the description of a sandbox that the server has made."""
        self._server = server
        self.id = made["id"]
        self.base_url = made["base_url"]
        self.crm = made["crm"] or {}
        self.sso = made["sso"] or {}
        self.accounts = made["accounts"]

    def control(self, method: str, route: str, body: object = None) -> Any:
        """Call a control route of this sandbox, as in ``control("POST", "faults", {…})``, and return its JSON.

        Raises:
            MockError: The server refused it, or does not answer.

        """
        return _control(self.base_url, method, route, body)

    def outbox(self, *, to: str | None = None, wait: float | None = None) -> list[dict[str, Any]]:
        """Return the messages that users were sent, oldest first; wait at most so many seconds for the first one."""
        query = {name: value for name, value in {"to": to, "wait": wait}.items() if value is not None}
        messages: list[dict[str, Any]] = self.control("GET", f"outbox?{urllib.parse.urlencode(query)}")["messages"]
        return messages

    def leak(self, kind: str, value: str, **fields: object) -> None:
        """Put a value into a breach: every account that watches it, now or later, gets an alarm."""
        self.control("POST", "leaks", {"kind": kind, "value": value, **fields})

    def advance(self, seconds: int) -> None:
        """Move the clock of this sandbox; tokens, codes and links expire by it."""
        self.control("PUT", "clock", {"advance_seconds": seconds})

    def requests(self) -> list[dict[str, Any]]:
        """Return what the client under test has sent, oldest first, with statuses, facts and hints."""
        requests: list[dict[str, Any]] = self.control("GET", "requests")["requests"]
        return requests

    def report(self) -> str:
        """Return the last requests and their hints as text, or the end of the log of a server that has ended."""
        if self._server.has_ended():
            return f"the Defentry mock has ended; its log ends with:\n{self._server.log()}"
        try:
            requests = self.requests()
        except MockError as error:
            return str(error)
        if not requests:
            return f"the Defentry mock at {self.base_url} saw no requests"
        lines = [f"the Defentry mock at {self.base_url} saw these requests:"]
        if len(requests) > _REPORTED_REQUESTS:
            lines.append(f"  … {len(requests) - _REPORTED_REQUESTS} earlier ones")
        for request in requests[-_REPORTED_REQUESTS:]:
            status = request.get("status") or "no response"
            token = "no" if request["token"] == "none" else request["token"]
            lines.append(f"  {request['method']} {request['path']} → {status} ({token} token)")
            if fault := request.get("fault"):
                lines.append(f"    fault: {json.dumps(fault, ensure_ascii=False)}")
            if hint := request.get("hint"):
                lines.append(f"    hint: {hint}")
        return "\n".join(lines)

    def end(self) -> None:
        """End it. What it held is gone."""
        _control(self._server.base_url, "DELETE", f"sandboxes/{self.id}")

    def __enter__(self) -> Sandbox:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.end()


def _control(base_url: str, method: str, route: str, body: object = None) -> Any:
    url = f"{base_url}/_mock/{route}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with _opener.open(request) as response:
            text = response.read()
    except urllib.error.HTTPError as error:
        message = f"{method} {url}: {error.code} {_message(error.read())}"
        raise MockError(message) from None
    except OSError as error:
        message = f"{method} {url}: {error}"
        raise MockError(message) from None
    return json.loads(text) if text else None


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")
