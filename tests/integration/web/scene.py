"""What a row of bad input may start from, and how a whole table of rows is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.checked import CheckedApi
from tests.support.platform import Reply

IMPORT = "/v1/command/default-import.xml"
MOCK = "/v1/mock-session.xml"
SIGN_OUT = "/v1/command/sign-out.xml"
START = "/v1/signin/redirection"
STATUS = "/v1/signin/redirection-status"
DATA = "/v1/data.xml"
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
JSON_TYPE = {"Content-Type": "application/json"}
UNKNOWN = "987654321"
OTHER_SIGNATURE = "0" * 64


@dataclass
class Scene:
    """What a row may start from."""

    api: CheckedApi
    _pair: tuple[str, str] | None = field(default=None)

    @property
    def pair(self) -> tuple[str, str]:
        self._pair = self._pair or self.api.mock_session()
        return self._pair

    def post(self, path: str, /, **form: str) -> Reply:
        return self.api.call("POST", path, form)

    def get(self, path: str, /, **query: str) -> Reply:
        return self.api.call("GET", path, query=query)

    def imports(self, session_id: str | None = None, signature: str | None = None, **more: str):
        chosen = {
            "sessionId": self.pair[0] if session_id is None else session_id,
            "sessionIdSignature": self.pair[1] if signature is None else signature,
        }
        return self.post(IMPORT, **chosen, **more)

    def starts(self, **body: Any) -> Reply:
        return self.api.call("POST", START, json_body=body)

    def raw(self, path: str, body: bytes, headers: dict[str, str] = FORM_TYPE) -> Reply:
        return self.api.call("POST", path, body=body, headers=headers)


Do = Callable[[Scene], Reply]
Row = tuple[Do, int, str]


def command_id(scene: Scene) -> str:
    accepted = scene.imports()
    command = accepted.xml.find("command")
    assert command is not None
    return command.attrib["id"]


def judge(api: CheckedApi, row: Row) -> None:
    """The row's input gets its name and status."""
    do, status, name = row
    reply = do(Scene(api))
    assert (reply.status, reply.exception) == (status, name)
