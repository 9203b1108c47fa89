"""The five steps of packages/RULES.md."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from defentry_mock import Sandbox, Server


class Client:
    """The client under test, for the second account of the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.base_url = sandbox.base_url
        self.user = {**sandbox.sso, "email": sandbox.accounts[1]["email"]}
        self.token = ""

    def log_in(self) -> None:
        self.token = self.call("POST", "/api/v1/sso/token", self.user)["token"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json", "X-API-Version": "2026-06-12"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as response:
            return json.loads(response.read())

    def status(self, path: str) -> int:
        try:
            self.call("GET", path)
        except urllib.error.HTTPError as error:
            return error.code
        return 200


def test_journey(defentry_sandbox: Sandbox) -> None:
    client = Client(defentry_sandbox)
    address = client.user["email"]

    client.log_in()
    added = client.call("POST", "/api/v1/email-watchlist", {"email": address})["data"]
    assert added["is_confirmed"] is False

    [message] = defentry_sandbox.outbox(to=address, wait=5)
    with urllib.request.urlopen(message["link"]):
        pass
    [email] = client.call("GET", "/api/v1/email-watchlist")["data"]
    assert email["is_confirmed"] is True

    defentry_sandbox.leak("email", address, title="Exempelbutiken")
    [alarm] = client.call("GET", "/api/v1/alarms")["data"]
    assert alarm["title"] == "Exempelbutiken"
    assert client.call("GET", f"/api/v1/alarms/{alarm['id']}/close")["data"]["status"] == "CLOSED"

    defentry_sandbox.advance(3600)
    assert client.status("/api/v1/email-watchlist") == 401
    client.token = ""
    client.log_in()
    assert client.status("/api/v1/email-watchlist") == 200


def test_two_sandboxes_do_not_see_each_other(defentry: Server) -> None:
    with defentry.sandbox() as one, defentry.sandbox() as other:
        client = Client(one)
        client.log_in()
        client.call("POST", "/api/v1/email-watchlist", {"email": "erika@example.com"})
        assert len(one.outbox()) == 1
        assert other.outbox() == []
        assert other.requests() == []


@pytest.mark.defentry_assume({"id.form": "uuid"})
class TestMarkers:
    """A marker of the class, and one of the test."""

    def test_assumptions_are_set(self, defentry_sandbox: Sandbox) -> None:
        assert "-" in str(defentry_sandbox.accounts[1]["id"])

    @pytest.mark.defentry_assume({"id.form": "integer"})
    def test_the_closest_one_wins(self, defentry_sandbox: Sandbox) -> None:
        assert isinstance(defentry_sandbox.accounts[1]["id"], int)

    @pytest.mark.defentry_seed("empty")
    def test_a_seed_is_chosen(self, defentry_sandbox: Sandbox) -> None:
        assert defentry_sandbox.accounts == []
