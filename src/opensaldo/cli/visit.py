"""One whole visit over HTTP: a link, a person at the bank, an import, its result.

This is what a client's program does; the person's part is filled in by a program.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.domain.secret import Secret
from opensaldo.engine.mock import MockPerson, walk

RETURN_URL = "https://shop.example.com/return"
POLL_S = 0.2
FINAL_STATES = frozenset({"successful", "error", "fatal"})
FORM = "application/x-www-form-urlencoded"

Report = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Visit:
    """Where to call, as whom, and what for."""

    address: str
    key: Secret
    owner_external_id: str
    target: str
    since: date


async def visit(steps: Visit, report: Report) -> dict[str, Any]:
    """Sign in, import and poll to the end; the result in the JSON dialect, with its `state`.

    Args:
        steps: what to do.
        report: is told what is going on and the percentage done.
    """
    async with Door() as door:
        report("signing in at KontoBank", 5)
        session = await _sign_in(door, steps)
        report("importing", 30)
        command_id = await _submit(door, steps, session)
        state = await _poll(door, steps, command_id, report)
        result = await _call(door, steps, "GET", f"/v1/command/{command_id}.xml", wants_json=True)
        report("done", 100)
        return {**json.loads(result.body), "state": state, "session": session["sessionId"]}


async def _sign_in(door: Door, steps: Visit) -> dict[str, str]:
    asked = {
        "redirectUri": RETURN_URL,
        "ownerExternalId": steps.owner_external_id,
        "target": steps.target,
        "locale": "en",
        "psd2": {"accessMode": "SINGLE"},
    }
    started = json.loads(
        (await _call(door, steps, "POST", "/v1/signin/redirection", body=asked)).body
    )
    back = await walk(door, started["redirectionLink"], MockPerson(), until=RETURN_URL)
    path = "/v1/signin/redirection-status?" + urlencode(back)
    status = json.loads((await _call(door, steps, "GET", path)).body)
    if status["status"] != "SUCCESS":
        raise OSError(f"The sign-in ended {status['status']}: {status['params']['exception']}")
    params: dict[str, str] = status["params"]
    return params


async def _submit(door: Door, steps: Visit, session: dict[str, str]) -> str:
    form = {
        "sessionId": session["sessionId"],
        "sessionIdSignature": session["sessionIdSignature"],
        "since": steps.since.isoformat(),
    }
    reply = await _call(door, steps, "POST", "/v1/command/default-import.xml", form=form)
    return str(_command(reply).attrib["id"])


async def _poll(door: Door, steps: Visit, command_id: str, report: Report) -> str:
    while True:
        command = _command(await _call(door, steps, "GET", f"/v1/command/{command_id}.xml"))
        progress = int(command.findtext("progress/value") or 0)
        report("importing", 30 + progress * 7 // 10)
        if command.attrib["state"] in FINAL_STATES:
            return command.attrib["state"]
        await asyncio.sleep(POLL_S)


def _command(reply: Incoming) -> ElementTree.Element:
    command = ElementTree.fromstring(reply.body).find("command")  # noqa: S314 - our own server
    if command is None:
        raise OSError("The server's answer holds no command.")
    return command


async def _call(
    door: Door,
    steps: Visit,
    method: str,
    path: str,
    *,
    body: dict[str, Any] | None = None,
    form: dict[str, str] | None = None,
    wants_json: bool = False,
) -> Incoming:
    headers = {"X-Api-Key": steps.key.reveal()}
    if wants_json:
        headers["Accept"] = "application/json"
    content = b""
    if body is not None:
        headers["Content-Type"], content = "application/json", json.dumps(body).encode()
    if form is not None:
        headers["Content-Type"], content = FORM, urlencode(form).encode()
    request = Outgoing(
        bank="OpenSaldo",
        endpoint=path.partition("?")[0],
        method=method,
        url=steps.address + path,
        headers=headers,
        body=content,
        calls_at_once_max=4,
    )
    reply = await door.call(request)
    if reply.status >= 400:
        raise OSError(f"{method} {request.endpoint} answered {reply.status}.")
    return reply
