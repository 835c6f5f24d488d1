"""A third party for tests: signs, calls the ASGI application without a socket, reads forms."""

import asyncio
import base64
import gzip
import hashlib
import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

REDIRECT_URI = "https://tpp.example.org/back"
VERSION = "v2_1_2.1"


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class SealKey:
    key: rsa.RSAPrivateKey
    x5c: str

    def sign(self, body: bytes) -> str:
        head = b64url(json.dumps({"alg": "RS256", "typ": "JWT", "x5c": [self.x5c]}).encode())
        signed = f"{head}.{b64url(body)}".encode()
        return f"{head}..{b64url(self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))}"


@cache
def make_seal(name: str = "tpp-test", *, is_expired: bool = False) -> SealKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    end = now - timedelta(days=1) if is_expired else now + timedelta(days=365)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=700))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return SealKey(key, base64.b64encode(der).decode())


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def call_asgi(app, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Answer:
    """The application's answer; gzip is undone."""
    address = urlsplit(target)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "server": ("bank.test", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "path": address.path,
        "raw_path": address.path.encode(),
        "query_string": address.query.encode(),
        "headers": [
            (k.lower().encode(), v.encode()) for k, v in {"Host": "bank.test", **headers}.items()
        ],
    }
    sent: list[dict[str, Any]] = []

    async def run() -> None:
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive():
            found = next(messages, None)
            return found or await asyncio.Event().wait()

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)

    asyncio.run(run())
    found = {k.decode().lower(): v.decode() for k, v in sent[0]["headers"]}
    raw = b"".join(message.get("body", b"") for message in sent[1:])
    if found.get("content-encoding") == "gzip":
        raw = gzip.decompress(raw)
    return Answer(sent[0]["status"], found, raw)


def hidden_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def account_ids(page: str) -> list[str]:
    return re.findall(r'name="accounts" value="([^"]*)"', page)


@dataclass
class Tpp:
    app: Any
    country: str = "pl"
    version: str = VERSION
    client_id: str = "tpp-test"
    seal: SealKey = field(default_factory=make_seal)
    counter: int = 0
    answers: list[tuple[str, Answer]] = field(default_factory=list)

    def request_id(self) -> str:
        self.counter += 1
        name = hashlib.sha256(f"{self.client_id}{self.counter}".encode()).digest()[:16]
        return str(uuid.UUID(bytes=name, version=1))

    def post(
        self,
        area: str,
        endpoint: str,
        body: dict[str, Any],
        *,
        token: str | None = None,
        attended: bool = True,
        headers: dict[str, str | None] | None = None,
        header: dict[str, Any] | None = None,
        method: str = "POST",
    ) -> Answer:
        """Send a signed call; `headers` and `header` override (None takes a header away)."""
        request_id = self.request_id()
        shown: dict[str, Any] = {"requestId": request_id, "tppId": f"PSD-{self.client_id}"}
        if token is not None:
            shown |= {"token": token, "isDirectPsu": attended}
            if attended:
                shown["ipAddress"] = "192.0.2.7"
        raw = json.dumps({"requestHeader": {**shown, **(header or {})}, **body}).encode()
        sent: dict[str, str | None] = {
            "Content-Type": "application/json",
            "Accept-Encoding": "gzip",
            "Accept-Language": "pl",
            "Accept-Charset": "utf-8",
            "X-JWS-SIGNATURE": self.seal.sign(raw),
            "X-REQUEST-ID": request_id,
            "Authorization": f"Bearer {token}" if token else None,
            **(headers or {}),
        }
        path = f"/polish-api/{self.country}/{self.version}/{area}/{self.version}/{endpoint}"
        kept = {key: value for key, value in sent.items() if value is not None}
        answer = call_asgi(self.app, method, path, kept, raw)
        self.answers.append((endpoint, answer))
        return answer

    def data(self, endpoint: str, token: str, *, attended: bool = True, **body: Any) -> Answer:
        return self.post("accounts", endpoint, body, token=token, attended=attended)

    def authorize(self, **changes: Any) -> Answer:
        return self.post("auth", "authorize", authorize_body(self.client_id, **changes))

    def form(self, target: str, fields: list[tuple[str, str]]) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return call_asgi(self.app, "POST", target, headers, urlencode(fields).encode())

    def sign_in(self, address: str, login: str, *, accounts: list[int] | None = None) -> Answer:
        """Go through the pages; the last answer (the redirect when all went well)."""
        target = f"{urlsplit(address).path}?{urlsplit(address).query}"
        page = call_asgi(self.app, "GET", target, {})
        answer = self.form(
            target,
            [*hidden_fields(page.text).items(), ("login", login), ("password", "Test123")],
        )
        if answer.status == 200 and 'value="code"' in answer.text:
            answer = self.form(target, [*hidden_fields(answer.text).items(), ("code", "Test123")])
        if answer.status != 200:
            return answer
        offered = account_ids(answer.text)
        chosen = offered if accounts is None else [offered[place] for place in accounts]
        fields = [*hidden_fields(answer.text).items(), ("decision", "approve")]
        return self.form(target, [*fields, *(("accounts", name) for name in chosen)])

    def token_by_code(self, code: str) -> Answer:
        body = {
            "grant_type": "authorization_code",
            "Code": code,
            "redirect_uri": REDIRECT_URI,
            "client_id": self.client_id,
            "is_user_session": True,
            "user_ip": "192.0.2.7",
            "user_agent": "test",
        }
        return self.post("auth", "token", body)

    def token_by_refresh(self, refresh_token: str) -> Answer:
        body = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": self.client_id,
            "is_user_session": False,
        }
        return self.post("auth", "token", body)

    def connect(
        self, login: str = "test1", *, accounts: list[int] | None = None, **changes: Any
    ) -> Any:
        """The token reply after a whole sign-in."""
        address = self.authorize(**changes).json["aspspRedirectUri"]
        back = self.sign_in(address, login, accounts=accounts)
        assert back.status == 303, back.text
        code = query(back)["code"]
        answer = self.token_by_code(code)
        assert answer.status == 200, answer.text
        return answer.json


def query(answer: Answer) -> dict[str, str]:
    found = parse_qs(urlsplit(answer.headers["location"]).query)
    return {key: values[0] for key, values in found.items()}


def authorize_body(
    client_id: str,
    *,
    consent_id: str = "consent-1",
    scope: str = "ais",
    usage: str = "multiple",
    history_days: int = 1460,
    limit: str | None = None,
    accounts: tuple[str, ...] = (),
    state: str = "state-1",
) -> dict[str, Any]:
    return {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": scope,
        "scope_details": scope_details(scope, consent_id, usage, history_days, limit, accounts),
        "state": state,
    }


def scope_details(
    scope: str,
    consent_id: str,
    usage: str = "multiple",
    history_days: int = 1460,
    limit: str | None = None,
    accounts: tuple[str, ...] = (),
) -> dict[str, Any]:
    simple = {"scopeUsageLimit": usage}
    long = {**simple, "maxAllowedHistoryLong": history_days}
    item: dict[str, Any] = {"ais-accounts:getAccounts": simple}
    if scope == "ais":
        names = ("Done", "Pending", "Rejected", "Cancelled", "Scheduled")
        item |= {"ais:getAccount": simple, "ais:getTransactionDetail": simple, "ais:getHolds": long}
        item |= {f"ais:getTransactions{name}": long for name in names}
    items = [{"accountNumber": number, **item} for number in accounts] or [item]
    return {
        "privilegeList": items,
        "scopeGroupType": scope,
        "consentId": consent_id,
        "scopeTimeLimit": limit or "2030-01-01T00:00:00Z",
        "throttlingPolicy": "psd2Regulatory",
    }
