"""The coverage page, and the same facts for programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from opensaldo.engine.coverage import Coverage, CoveredTarget, coverage
from opensaldo.web.docs.page import PAGE_HEADERS, STYLE_PATH, templates
from opensaldo.web.entrance import ROUTE

PATH = "/docs/coverage"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "country",
    "name",
    "bank",
    "institution",
    "interface",
    "standard",
    "served",
    "status",
    "source",
    "read_on",
    "account_types",
    "cards",
    "multiple_access",
    "for_tests_only",
    "credentials",
    "approaches",
    "history_days_initial",
    "history_window_minutes",
    "history_days_later",
    "history_extra_sca",
    "consent_days",
    "calls_per_day",
    "fallback",
)
Make = Callable[[], bytes]


def routes() -> list[Route]:
    """The page and its two downloads; each is made when first asked for."""
    return [
        _route(PATH, "text/html; charset=utf-8", lambda: render(coverage()).encode()),
        _route(f"{PATH}.json", "application/json", lambda: as_json(coverage())),
        _route(f"{PATH}.csv", "text/csv; charset=utf-8", lambda: as_csv(coverage())),
    ]


def _route(path: str, media_type: str, make: Make) -> Route:
    made = cache(make)

    async def show(request: Request) -> Response:
        request.scope[ROUTE] = path
        return Response(made(), media_type=media_type, headers=PAGE_HEADERS)

    return Route(path, show, methods=["GET"])


def render(covered: Coverage) -> str:
    """The page as HTML."""
    return (
        templates()
        .get_template("coverage.html")
        .render(covered=covered, matrices=matrices(covered), path=PATH, style_path=STYLE_PATH)
    )


def matrices(covered: Coverage) -> Mapping[str, tuple[tuple[str, ...], list[CoveredTarget]]]:
    """For each noun the fields anybody delivers, and the targets that deliver the noun."""
    found = {}
    for noun, names in covered.fields.items():
        targets = [one for one in covered.targets if one.fields[noun]]
        delivered = {name for one in targets for name in one.fields[noun]}
        found[noun] = tuple(name for name in names if name in delivered), targets
    return found


def as_json(covered: Coverage) -> bytes:
    """Everything the page shows."""
    return json.dumps(asdict(covered), ensure_ascii=False, default=str).encode()


def as_csv(covered: Coverage) -> bytes:
    """One line a target; lists hold blanks. No cell can be taken for a formula."""
    written = io.StringIO()
    lines = csv.writer(written)
    nouns = tuple(covered.fields)
    lines.writerow([*COLUMNS, *(f"{noun}_fields" for noun in nouns)])
    for one in covered.targets:
        values = [getattr(one, name) for name in COLUMNS] + [one.fields[noun] for noun in nouns]
        lines.writerow([cell(value) for value in values])
    return written.getvalue().encode()


def cell(value: Any) -> str:
    """The value as text that a spreadsheet shows and never runs.

    >>> cell("=1+1")
    "'=1+1"
    >>> cell((True, "a"))
    'yes a'
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return cell(" ".join(cell(one) for one in value))
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
