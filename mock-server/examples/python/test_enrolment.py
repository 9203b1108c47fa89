"""Tests of an integration in Python: `pytest` finds the fixtures in conftest.py."""

import httpx

from defentry import Defentry

# An address with this ending is confirmed at once.
CONFIRMED = "jane+confirmed-at-once@example.com"


def test_an_email_is_pending_until_its_link_is_opened(
    jane: Defentry, sandbox: httpx.Client
) -> None:
    added = jane.post("/api/v1/email-watchlist", {"email": "jane.roe@example.com"})
    assert added["is_confirmed"] is False

    outbox = sandbox.get("/_mock/outbox", params={"wait": 5}).json()
    httpx.get(outbox["messages"][0]["link"]).raise_for_status()
    [email] = jane.get("/api/v1/email-watchlist")
    assert email["is_confirmed"] is True


def test_a_leak_raises_an_alarm_that_is_closed(
    jane: Defentry, sandbox: httpx.Client
) -> None:
    jane.post("/api/v1/email-watchlist", {"email": CONFIRMED})
    leak = {"kind": "email", "value": CONFIRMED, "title": "Exempelbutiken"}
    sandbox.post("/_mock/leaks", json=leak).raise_for_status()

    [alarm] = jane.get("/api/v1/alarms")
    assert alarm["title"] == "Exempelbutiken"
    assert jane.get(f"/api/v1/alarms/{alarm['id']}/close")["status"] == "CLOSED"


def test_an_expired_token_is_renewed(jane: Defentry, sandbox: httpx.Client) -> None:
    jane.get("/api/v1/alarms")
    sandbox.put("/_mock/clock", json={"advance_seconds": 3600}).raise_for_status()
    jane.get("/api/v1/alarms")

    requests = sandbox.get("/_mock/requests").json()["requests"]
    assert [request["status"] for request in requests] == [401, 200, 200] * 2
