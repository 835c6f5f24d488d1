"""One request of the API on its way, and how its answer is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from starlette.requests import Request
from starlette.responses import Response

from opensaldo.engine.admission import Caller
from opensaldo.errors import Unauthorized
from opensaldo.web.settings import Front
from opensaldo.wire import forms, xml_v1
from opensaldo.wire.params import Params

JSON_TYPE = "application/json"
XML_TYPE = xml_v1.CONTENT_TYPE


class Dialect(Enum):
    """Which bodies a path answers with."""

    XML = "xml"
    JSON = "json"
    BOTH = "both"


@dataclass(slots=True, kw_only=True)
class Call:
    """One request on its way: what it says, who sent it, and how it wants its answer."""

    front: Front
    request: Request
    params: Params
    in_json: bool
    now: datetime
    body: bytes = field(default=b"", repr=False)
    _caller: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Who calls; only paths that ask for a key have one."""
        if self._caller is None:
            raise Unauthorized
        return self._caller

    def authenticate(self, caller: Caller) -> None:
        """The request is this caller's."""
        self._caller = caller

    @property
    def user(self) -> str | None:
        """The caller's client id, None before authentication."""
        return self._caller.client.id if self._caller else None

    def owner_external_id(self) -> str | None:
        """The owner's id the client sent, None when it sent none.

        Raises:
            InvalidOwnerExternalId: sent empty, too long or with control characters.
        """
        if not self.params.has("ownerExternalId"):
            return None
        return forms.owner_external_id(self.params.text("ownerExternalId") or "")

    def xml(
        self, schema: str, inner: bytes, *, status: int = 200, owner: str | None = None
    ) -> Response:
        """A success in XML."""
        envelope = xml_v1.Envelope(self.front.docs_url, self.now, self.user, owner)
        body = xml_v1.reply(envelope, schema=schema, status=status, inner=inner)
        return Response(body, status, media_type=None, headers={"Content-Type": XML_TYPE})

    def json(self, body: bytes, *, status: int = 200) -> Response:
        """A success in JSON."""
        return Response(body, status, media_type=JSON_TYPE)


Handler = Callable[[Call], Awaitable[Response]]
Teller = Callable[[Call, str], Awaitable[Response]]
