"""A curl command for an operation, ready to paste; pure."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

KEY = '-H "X-Api-Key: $OPENSALDO_KEY"'
_PART = re.compile(r"\{(\w+)\}")


def curl(
    server: str, method: str, path: str, operation: Mapping[str, Any], *, needs_key: bool
) -> str:
    """The command, one option a line; the key is taken from the environment."""
    options = [] if method in {"get", "post"} else [f"-X {method.upper()}"]
    if needs_key:
        options.append(KEY)
    options.extend(_body(path, operation.get("requestBody")))
    options.append(shlex.quote(_address(server, path, operation.get("parameters", ()))))
    return "curl " + " \\\n  ".join(options)


def _address(server: str, path: str, parameters: Any) -> str:
    """The whole address with the examples in their places; of two names only the first."""
    shown = [one for one in parameters if "example" in one]
    parts = {one["name"]: quote(str(one["example"])) for one in shown if one["in"] == "path"}
    query = urlencode({one["name"]: one["example"] for one in shown if one["in"] == "query"})
    filled = _PART.sub(lambda part: parts.get(part[1], part[0]), path)
    return server + filled + (f"?{query}" if query else "")


def _body(path: str, body: Mapping[str, Any] | None) -> Iterator[str]:
    """A form for the classic paths, JSON for the others."""
    if body is None:
        return
    example = body["content"]["application/json"]["example"]
    if path.endswith(".xml"):
        yield from (f"-d {shlex.quote(urlencode({name: example[name]}))}" for name in example)
        return
    yield "-H 'Content-Type: application/json'"
    yield f"-d {shlex.quote(json.dumps(example, ensure_ascii=False))}"
