"""Files sent as they are: packed once at the start, and never sent again to who has them."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from opensaldo.web.entrance import ROUTE
from opensaldo.web.widget.headers import page_headers

NOT_MODIFIED = 304
NOSNIFF = {"X-Content-Type-Options": "nosniff"}
SCRIPT, SHEET, PICTURE = (
    "text/javascript; charset=utf-8",
    "text/css; charset=utf-8",
    "image/svg+xml",
)
STATIC_TYPES = {"signin.css": SHEET, "banks.js": SCRIPT, "signin.js": SCRIPT, "mark.svg": PICTURE}
FOR_GOOD = "public, max-age=31536000, immutable"  # the address changes with the content
NOT_AT_ALL = "no-store"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file, as it is and packed; the same for everybody."""

    headers: Mapping[str, str]
    plain: bytes
    packed: bytes
    tag: str

    def answer(self, request: Request, cached: str) -> Response:
        """The file, packed where the browser unpacks; nothing again that the browser has."""
        headers = {**self.headers, "ETag": self.tag, "Cache-Control": cached}
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=NOT_MODIFIED, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.packed, headers=headers | {"Content-Encoding": "gzip"})
        return Response(self.plain, headers=headers)


def packed_file(content: bytes, media_type: str, **headers: str) -> PackedFile:
    """A file of this content, ready to be sent."""
    return PackedFile(
        headers={**NOSNIFF, "Vary": "Accept-Encoding", "Content-Type": media_type, **headers},
        plain=content,
        packed=gzip.compress(content, mtime=0),
        tag=f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',
    )


def _static(name: str, media_type: str) -> PackedFile:
    return packed_file(
        resources.files(__package__).joinpath("static", name).read_bytes(), media_type
    )


_STATIC = {name: _static(name, media_type) for name, media_type in STATIC_TYPES.items()}
# After an update no browser puts an older script beside a newer page.
EDITION = hashlib.sha256(b"".join(one.plain for one in _STATIC.values())).hexdigest()[:12]
ROOT_PATH = "/signin/static"
STATIC_PATH = f"{ROOT_PATH}/{EDITION}"


async def static_file(request: Request) -> Response:
    """The file of this name; kept for good if it is of the edition that the address names."""
    request.scope[ROUTE] = ROOT_PATH
    found = _STATIC.get(request.path_params["name"])
    if found is None:
        return Response(status_code=404, headers=page_headers())
    is_asked_for = request.path_params["edition"] == EDITION
    return found.answer(request, FOR_GOOD if is_asked_for else NOT_AT_ALL)
