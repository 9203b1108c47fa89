"""A small client of the API, as an integration has one."""

from collections.abc import Generator
from typing import Any

import httpx

SSO_CLIENT = {"client_id": "mock-client", "client_secret": "mock-secret"}


class _UserAuth(httpx.Auth):
    """Logs the user in, and again when the token has expired."""

    requires_response_body = True

    def __init__(self, email: str, base_url: str) -> None:
        self.login = httpx.Request(
            "POST", f"{base_url}/api/v1/sso/token", json={**SSO_CLIENT, "email": email}
        )
        self.bearer = ""

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self.bearer
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            token = (yield self.login).raise_for_status().json()["token"]
            self.bearer = request.headers["Authorization"] = f"Bearer {token}"
            yield request


class Defentry:
    """Calls the API for one user, and returns the data that it answers."""

    def __init__(self, email: str, base_url: str) -> None:
        self.http = httpx.Client(
            base_url=base_url,
            auth=_UserAuth(email, base_url),
            headers={"X-API-Version": "2026-06-12"},
        )

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()["data"]

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()["data"]
