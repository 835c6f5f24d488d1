"""A page that looks by itself asks the database once a second, and the bank when it is time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.e2e.checked import CheckedApi, agree, browse
from tests.e2e.fixtures import DATABASES, World

READ_OF_A_SIGN_IN = ("redirections", "sessions", "clients", "switches", "trials")


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of any database meanwhile about sign-ins."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if any(f" {table}" in statement for table in READ_OF_A_SIGN_IN):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_while_the_person_is_at_the_bank_a_look_is_one_read(world: World, api: CheckedApi):
    made = api.started(ownerExternalId="loan-7781")
    agree(made)
    with statements() as asked:
        page = browse(made["redirectionLink"] + "/state")
    assert '"PENDING"' in page.body
    assert len(asked) == 1


def test_a_look_at_what_has_run_out_says_so(world: World, api: CheckedApi):
    made = api.started()
    agree(made)
    world.clock.advance(hours=1)
    with statements() as asked:
        page = browse(made["redirectionLink"] + "/state")
    assert '"mark":"ended"' in page.body.replace(" ", "")
    assert len(asked) == 1
