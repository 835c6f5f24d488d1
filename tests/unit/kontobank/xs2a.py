"""A third party of the Berlin Group for tests, over Tpp's calls without a socket."""

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.unit.kontobank.tpp import Answer, SealKey, Tpp, call_asgi

BACK = "https://tpp.example.org/back?grant=7"
NOK = "https://tpp.example.org/nok"
IP = "192.0.2.7"
OFFERED: dict[str, Any] = {"accounts": [], "balances": [], "transactions": []}
GLOBAL: dict[str, Any] = {"allPsd2": "allAccounts"}


@dataclass
class Xs2a:
    app: Any
    place: str = "ro"
    prefix: str = "/berlin-group/{place}/v1"
    request_id: str = "X-Request-ID"
    seal: SealKey | None = None
    certificate: str = "TPP-Signature-Certificate"
    token: str | None = None
    counter: int = 0
    answers: list[Answer] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        attended: bool = True,
        headers: dict[str, str | None] | None = None,
    ) -> Answer:
        """Send a call below the prefix, or to an absolute path; None takes a header away."""
        self.counter += 1
        raw = b"" if body is None else json.dumps(body).encode()
        sent: dict[str, str | None] = {
            self.request_id: str(uuid.UUID(int=self.counter, version=4)),
            "Accept": "application/json",
            "PSU-IP-Address": IP if attended else None,
            "Content-Type": "application/json" if raw else None,
            "Authorization": f"Bearer {self.token}" if self.token else None,
            **(headers or {}),
        }
        kept = {name: value for name, value in sent.items() if value is not None}
        if self.seal is not None:
            kept = {**sign(self.seal, kept, raw, self.certificate), **kept}
        prefix = self.prefix.format(place=self.place)
        target = path if path.startswith("/") else f"{prefix}/{path}"
        answer = call_asgi(self.app, method, target, kept, raw)
        self.answers.append(answer)
        return answer

    def get(self, path: str, consent: str | None = None, **more: Any) -> Answer:
        headers = {"Consent-ID": consent, **more.pop("headers", {})}
        return self.call("GET", path, headers=headers, **more)

    def create(
        self, access: Any = None, *, headers: dict[str, str | None] | None = None, **changes: Any
    ) -> Answer:
        """Ask for a consent, recurring unless told otherwise."""
        body = {
            "access": OFFERED if access is None else access,
            "recurringIndicator": True,
            "validUntil": "9999-12-31",
            "frequencyPerDay": 4,
            "combinedServiceIndicator": False,
            **changes,
        }
        sent = {"TPP-Redirect-URI": BACK, "TPP-Nok-Redirect-URI": NOK, **(headers or {})}
        return self.call("POST", "consents", body, headers=sent)

    def sign_in(self, answer: Answer, login: str, **more: Any) -> Answer:
        """The person's way through the pages of the answer's scaRedirect."""
        return Tpp(self.app).sign_in(answer.json["_links"]["scaRedirect"]["href"], login, **more)

    def page(self, answer: Answer) -> Answer:
        address = urlsplit(answer.json["_links"]["scaRedirect"]["href"])
        return call_asgi(self.app, "GET", f"{address.path}?{address.query}", {})

    def connect(self, login: str = "test1", access: Any = None, **changes: Any) -> str:
        """The id of a consent that the person has authorised."""
        answer = self.create(access, **changes)
        assert answer.status in (200, 201), answer.text
        back = self.sign_in(answer, login)
        assert back.headers["location"] == BACK, back.text
        name: str = answer.json["consentId"]
        return name

    def status(self, consent: str) -> str:
        found: str = self.get(f"consents/{consent}/status").json["consentStatus"]
        return found

    def accounts(self, consent: str, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("accounts", consent, **more).json["accounts"]
        return found

    def rows(self, consent: str, account: str, query: str, **more: Any) -> Answer:
        return self.get(f"accounts/{account}/transactions?{query}", consent, **more)


SIGNED = ("digest", "x-request-id", "tpp-request-id", "psu-id", "tpp-redirect-uri")


def sign(
    seal: SealKey, headers: dict[str, str], body: bytes, certificate: str, key_id: str = "SN=1,CA=x"
) -> dict[str, str]:
    """The headers that sign these headers and this body."""
    digest = f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"
    known = {name.lower(): value for name, value in {**headers, "Digest": digest}.items()}
    names = [name for name in SIGNED if name in known]
    text = "\n".join(f"{name}: {known[name]}" for name in names)
    raw = seal.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    signature = (
        f'keyId="{key_id}",algorithm="rsa-sha256",headers="{" ".join(names)}",'
        f'signature="{base64.b64encode(raw).decode()}"'
    )
    return {"Digest": digest, "Signature": signature, certificate: seal.x5c}


def code(answer: Answer) -> tuple[int, str]:
    """The status and the bank's own code of a refusal."""
    return answer.status, answer.json["tppMessages"][0]["code"]
