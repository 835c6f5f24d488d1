"""What a lender's server asks of OpenSaldo: seven calls, on the standard library alone.

The key is sent from here only; no page and no script ever sees it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen
from xml.etree import ElementTree

ANSWER_WITHIN_S = 20


class Refused(Exception):
    """OpenSaldo answered that it will not; `name` is what a program decides by."""

    def __init__(self, name: str, message: str) -> None:
        """Keep the name, and the message for the log."""
        super().__init__(f"{name}: {message}")
        self.name = name


@dataclass(frozen=True)
class Api:
    """One client's way to one server."""

    address: str
    key: str = field(repr=False)

    def start_import(self, session_id: str, signature: str) -> tuple[str, str]:
        """Read everything the person granted; the command's id and the owner it is read for."""
        form = {"sessionId": session_id, "sessionIdSignature": signature}
        reply = self._xml("POST", "/v1/command/default-import.xml", form)
        return reply.find("command").attrib["id"], reply.attrib["ownerExternalId"]

    def command(self, command_id: str, wait_s: int = 0) -> ElementTree.Element:
        """The command as it stands; waits so long for its end, if need be."""
        path = f"/v1/command/{quote(command_id)}.xml?wait={wait_s}"
        return self._xml("GET", path, within_s=wait_s + ANSWER_WITHIN_S).find("command")

    def data(self, owner: str) -> ElementTree.Element:
        """All that was read under this owner id, from all their banks."""
        return self._xml("GET", "/v1/data.xml?" + urlencode({"ownerExternalId": owner}))

    def forget(self, owner: str) -> None:
        """Delete all of it, at once."""
        self._xml("DELETE", "/v1/data.xml?" + urlencode({"ownerExternalId": owner}))

    def start_redirection(self, asked: dict[str, Any]) -> dict[str, str]:
        """A link for the person: `redirectionLink` and `redirectionId`."""
        body = json.dumps(asked).encode()
        return json.loads(self._call("POST", "/v1/signin/redirection", body, "application/json"))

    def redirection(self, redirection_id: str) -> dict[str, Any]:
        """How the link stands: `status`, and `params` with the session once it is SUCCESS."""
        path = "/v1/signin/redirection-status?" + urlencode({"redirectionId": redirection_id})
        return json.loads(self._call("GET", path))

    def _xml(
        self, method: str, path: str, form: dict[str, str] | None = None, **more: Any
    ) -> ElementTree.Element:
        body = urlencode(form).encode() if form else None
        return ElementTree.fromstring(self._call(method, path, body, **more))

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str = "application/x-www-form-urlencoded",
        within_s: int = ANSWER_WITHIN_S,
    ) -> bytes:
        headers = {"X-Api-Key": self.key} | ({"Content-Type": content_type} if body else {})
        request = Request(self.address + path, body, headers, method=method)
        try:
            with urlopen(request, timeout=within_s) as reply:
                return reply.read()
        except HTTPError as refusal:
            raise _refused(refusal.code, refusal.read()) from None


def _refused(status: int, body: bytes) -> Refused:
    """The exception's name, whether the body is XML or JSON; a 401 carries none."""
    try:
        if body.startswith(b"{"):
            said = json.loads(body)["exception"]
            return Refused(said["name"], said["message"])
        said = ElementTree.fromstring(body).find("exception")
        return Refused(said.attrib["name"], said.findtext("message", ""))
    except (ValueError, KeyError, AttributeError, ElementTree.ParseError):
        return Refused("Unauthorized" if status == 401 else "Unknown", f"HTTP {status}")
