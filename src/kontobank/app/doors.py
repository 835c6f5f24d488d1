"""The bank's doors: a port for each standard, and TLS for those with a certificate."""

import json

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kontobank.clientcert import SCOPE_KEY, CertificateRefused, caller_of

STANDARDS = {
    "polish_api": "/polish-api",
    "berlin_group": "/berlin-group",
    "redsys": "/redsys",
    "sibs": "/sibs",
    "czech_standard": "/czech-standard",
    "obie": "/obie",
    "online": "/online",
}
ROOT_PLACE = {"berlin_group": "ro", "czech_standard": "cz", "polish_api": "pl", "obie": "lt"}
_INTERFACES = tuple(f"{prefix}/" for name, prefix in STANDARDS.items() if name != "online")
_PAGES = ("/login", "/app")
_PAGES_WHEN_OPENED = ("/authorize", "/oauth2/auth")


class StandardPorts:
    """A call to a standard's own port needs no prefix: `/v1/accounts` is the first bank's."""

    def __init__(self, app: ASGIApp, standard_of_port: dict[int, str]) -> None:
        self._app, self._standard_of_port = app, standard_of_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        standard = self._standard_of_port.get((scope.get("server") or ("", 0))[1] or 0)
        if scope["type"] == "http" and standard is not None:
            place = ROOT_PLACE.get(standard)
            path: str = scope["path"]
            if place and path.startswith(("/v", "/my/", "/oauth2/", "/account", "/open-banking")):
                prefix = f"{STANDARDS[standard]}/{place}"
                scope["path"] = prefix + path
                scope["raw_path"] = (prefix + path).encode()
        await self._app(scope, receive, send)


class ClientCertificates:
    """Over TLS the interfaces are open only to a third party with its certificate and role."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["scheme"] == "https" and _is_interface(scope):
            try:
                caller_of(scope.get(SCOPE_KEY))
            except CertificateRefused as refusal:
                await _refused(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_interface(scope: Scope) -> bool:
    """Whether a third party calls, not a person's browser."""
    path: str = scope["path"]
    if not path.startswith(_INTERFACES) or path.endswith(_PAGES):
        return False
    return not (scope["method"] == "GET" and path.endswith(_PAGES_WHEN_OPENED))


def _refused(refusal: CertificateRefused) -> Response:
    """The refusal in the words of every standard at once."""
    body = {
        "code": refusal.code,
        "message": refusal.message,
        "tppMessages": [{"category": "ERROR", "code": refusal.code, "text": refusal.message}],
        "errors": [{"error": "UNAUTHORISED", "message": refusal.message}],
    }
    return Response(json.dumps(body), 401, media_type="application/json")
