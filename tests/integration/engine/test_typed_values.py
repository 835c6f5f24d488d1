"""What a person types on our pages lies in no database file and in no log line."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Wait
from opensaldo.engine.mock import read_page
from tests.e2e.checked import agree, browse
from tests.e2e.fixtures import DATABASES, Houses, World
from tests.integration.engine.test_raw_files import Raw, files
from tests.support.scripted import CODE, ScriptedBank, a_target, an_ask, offer

__all__ = ["files"]

TYPED = {"login": "planted-login-71", "password": "planted-password-72"}
WRONG = {"login": "planted-login-71", "password": "planted-wrong-73"}
CODES = ("planted-code-74", "planted-code-75")


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def lines(houses: Houses) -> Iterator[io.StringIO]:
    """Everything that is logged, at the most talkative level."""
    buffer = io.StringIO()
    houses.leave()
    houses.log_stream = buffer
    yield buffer
    houses.leave()
    houses.log_stream = None


def test_what_is_typed_is_kept_nowhere(
    lines: io.StringIO,
    world: World,
    files: Raw,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    bank = ScriptedBank(
        [
            an_ask(),
            errors.InvalidCredentials(),
            an_ask(CODE),
            Wait(every_s=0),
            an_ask(CODE),
            RuntimeError("a defect of ours"),
        ]
    )
    offer(monkeypatch, bank, a_target())
    made = world.client().started(target="ProbnyBank", locale="en")
    link = made["redirectionLink"]
    agree(made, "ProbnyBank")

    def send(**typed: str) -> int:
        token = dict(read_page(browse(link + "/step").body).fields)["token"]
        form = {"token": token, **{f"answer.{name}": value for name, value in typed.items()}}
        return browse(link + "/step", form).status

    assert send(**WRONG) == 303
    assert send(**TYPED, more="planted-unasked-76") == 303
    assert send(code="x" * 300 + "planted-too-long-77") == 400
    assert send(code=CODES[0]) == 303
    content = files()
    assert send(code=CODES[1]) == 500
    assert [answer for _step, answer in bank.answers] == [
        WRONG,
        TYPED,
        {"code": CODES[0]},
        {},
        {"code": CODES[1]},
    ]
    kept = content + files() + lines.getvalue().encode() + "".join(capfd.readouterr()).encode()
    assert made["redirectionId"].encode() in content
    assert b"planted" not in kept
