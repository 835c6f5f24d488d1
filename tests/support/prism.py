"""Prism between a client and KontoBank: the official specification judges both directions.

Prism is a development tool from npm, not part of this project: OPENSALDO_PRISM names its command,
else `prism` of the PATH is taken; without it the tests that use it are skipped.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("OPENSALDO_SHARED", ROOT.parent / "shared"))
SPECIFICATIONS = SHARED / "banks" / "specs"
START_TIMEOUT_S = 90
STOP_TIMEOUT_S = 10
POLL_S = 0.2


def prism_or_skip() -> str:
    """The command; the test is skipped without one."""
    found = os.environ.get("OPENSALDO_PRISM") or shutil.which("prism")
    if not found:
        pytest.skip("Prism is not on this machine (npm i @stoplight/prism-cli, OPENSALDO_PRISM)")
    return found


def specification_or_skip(*names: str) -> Path:
    """A file of the standards' own specifications; the test is skipped without it."""
    path = SPECIFICATIONS.joinpath(*names)
    if not path.exists():
        pytest.skip(f"the standard's file {path.name} is not on this machine")
    return path


def below(document: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The specification with every path below a prefix; names in braces become parameters."""
    named = [part.strip("{}") for part in prefix.split("/") if part.startswith("{")]
    added = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in named
    ]
    paths = {
        prefix + path: {**item, "parameters": [*item.get("parameters", []), *added]}
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}


def any_of(document: Any) -> Any:
    """The specification with `anyOf` for `oneOf`.

    Where the choices overlap, one of them being `{}` or each fitting `{"scaStatus": …}`, no message
    at all fits exactly one, not even the specification's own examples.
    """
    if isinstance(document, dict):
        return {
            "anyOf" if key == "oneOf" else key: any_of(value) for key, value in document.items()
        }
    return [any_of(value) for value in document] if isinstance(document, list) else document


def any_address(document: Any) -> Any:
    """The specification with the format `uri` for `url`.

    What the judge takes for a `url` leaves out addresses of the machine itself.
    """
    if isinstance(document, dict):
        return {
            key: "uri" if key == "format" and value == "url" else any_address(value)
            for key, value in document.items()
        }
    return [any_address(value) for value in document] if isinstance(document, list) else document


@contextlib.contextmanager
def judged_by(document: dict[str, Any], upstream: str, folder: Path) -> Iterator[str]:
    """The address of a proxy before the upstream; a violation becomes an error reply."""
    command = prism_or_skip()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "specification.json"
    file.write_text(json.dumps(document))
    port = _free_port()
    arguments = [command, "proxy", str(file), upstream, "--errors", "-h", "127.0.0.1"]
    with (folder / "prism.log").open("wb") as log:
        process = subprocess.Popen(
            [*arguments, "-p", str(port)], stdout=log, stderr=log, env={**os.environ, "CI": "1"}
        )
    try:
        _wait(process, port, folder / "prism.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
        process.kill()
        process.wait()


def violations(status: int, headers: dict[str, str], body: bytes) -> list[str]:
    """What the judge objects to in one exchange; empty for a clean one."""
    found = []
    if "sl-violations" in headers:
        found.append(headers["sl-violations"])
    if b"errors#VIOLATIONS" in body or b"stoplight.io/prism" in body:
        found.append(f"{status} {body.decode(errors='replace')[:2000]}")
    return found


def send(
    method: str, url: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers by lower-case name and body of one call; errors are answers too."""
    request = urllib.request.Request(url, body, headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        reply = opener.open(request, timeout=60)
    except urllib.error.HTTPError as refusal:
        reply = refusal
    with reply:
        return (
            reply.status,
            {name.lower(): value for name, value in reply.headers.items()},
            reply.read(),
        )


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends_at = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < ends_at and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), POLL_S):
            return
        time.sleep(POLL_S)
    raise RuntimeError(f"Prism did not start: {log.read_text(errors='replace')[-2000:]}")
