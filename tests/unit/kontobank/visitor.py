"""A person at the online service: one cookie, forms filled in, no script run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.unit.kontobank.tpp import Answer, call_asgi

PASSWORD = "Test123"


@dataclass
class Visitor:
    app: Any
    place: str = "pl"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        return self._kept(call_asgi(self.app, "GET", self._address(path), self._headers()))

    def post(self, path: str, **fields: str) -> Answer:
        headers = {**self._headers(), "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields).encode()
        return self._kept(call_asgi(self.app, "POST", self._address(path), headers, body))

    def sign_in(self, login: str = "test2", **fields: str) -> Answer:
        page = self.get("/login")
        typed = {"idType": "STATIC_LOGIN", "idNumber": login, "password": PASSWORD, **fields}
        return self.post("/login", _csrf=token(page), **typed)

    def _address(self, path: str) -> str:
        return path if path.startswith("/online/") else f"/online/{self.place}{path}"

    def _headers(self) -> dict[str, str]:
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": pairs} if pairs else {}

    def _kept(self, answer: Answer) -> Answer:
        name, _, value = answer.headers.get("set-cookie", "").partition(";")[0].partition("=")
        if name:
            self.cookies[name] = value
        return answer


def token(answer: Answer) -> str:
    return re.findall(r'name="_csrf" value="(\w+)"', answer.text)[0]
