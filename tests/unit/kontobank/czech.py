"""A third party of the Czech standard for tests, over Tpp's calls without a socket."""

import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.unit.kontobank.tpp import Answer, Tpp, call_asgi

BACK = "https://tpp.example.org/back?grant=7"
FORM = "application/x-www-form-urlencoded"


@dataclass
class CzechTpp:
    app: Any
    place: str = "cz"
    counter: int = 0
    client_id: str = ""
    client_secret: str = ""

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        attended: bool = True,
        headers: dict[str, str | None] | None = None,
    ) -> Answer:
        """Send a call below the bank's prefix; None takes a header away."""
        self.counter += 1
        sent: dict[str, str | None] = {
            "X-Request-ID": str(uuid.UUID(int=self.counter, version=4)),
            "Content-Type": "application/json",
            "Date": "Sat, 21 Nov 2026 09:00:00 GMT",
            "User-Involved": "true" if attended else "false",
            "TPP-Name": "Test",
            **(headers or {}),
        }
        kept = {name: value for name, value in sent.items() if value is not None}
        return call_asgi(self.app, method, f"/czech-standard/{self.place}/{path}", kept, body)

    def register(self, **changes: Any) -> Answer:
        """A registration; a good one is remembered."""
        body = {"redirect_uris": [BACK], "client_name": "Test", **changes}
        answer = self.call("POST", "oauth2/register", json.dumps(body).encode())
        if answer.status == 201:
            self.client_id = answer.json["client_id"]
            self.client_secret = answer.json["client_secret"]
        return answer

    def auth(self, **changes: str) -> Answer:
        """A browser that wants to sign in."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "scope": "aisp",
            "state": "st4te",
            **changes,
        }
        return self.call("GET", f"oauth2/auth?{urlencode(query)}")

    def code(self, login: str = "test2", accounts: list[int] | None = None) -> dict[str, str]:
        """What the person who signed in comes back with."""
        if not self.client_id:
            self.register()
        page = self.auth().headers["location"]
        back = Tpp(self.app).sign_in(page, login, accounts=accounts).headers["location"]
        return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}

    def form(self, name: str, **fields: str) -> Answer:
        """A call of OAuth 2 with our id and secret."""
        ours = {"client_id": self.client_id, "client_secret": self.client_secret}
        raw = urlencode({**ours, **fields}).encode()
        return self.call("POST", f"oauth2/{name}", raw, headers={"Content-Type": FORM})

    def redeem(self, code: str, **changes: str) -> Answer:
        """The token of a code."""
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        return self.form("token", **fields | changes)

    def refresh(self, refresh_token: str, **changes: str) -> Answer:
        """The token of a refresh token."""
        return self.form(
            "token", grant_type="refresh_token", refresh_token=refresh_token, **changes
        )

    def connect(self, login: str = "test2", accounts: list[int] | None = None) -> dict[str, Any]:
        """The token reply of a whole sign-in."""
        found: dict[str, Any] = self.redeem(self.code(login, accounts)["code"]).json
        return found

    def get(
        self,
        path: str,
        token: str | None,
        *,
        attended: bool = True,
        headers: dict[str, str | None] | None = None,
    ) -> Answer:
        """A data call."""
        bearer = {"Authorization": f"Bearer {token}" if token else None}
        return self.call("GET", path, attended=attended, headers=bearer | (headers or {}))
