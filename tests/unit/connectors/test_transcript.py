"""A transcript holds what a bank said, no secret, and answers for the bank without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import pytest

from opensaldo.connectors.http import Incoming, Outgoing, recorded_by, relied_on
from opensaldo.connectors.transcript import NOT_KEPT, PlayedDoor, Tape
from opensaldo.errors import BankAnsweredNonsense, BankUnreachable
from tests.support.clock import SettableClock

URL = "https://bank.example.org/accounts"


def run_to_its_end(work: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The test as a plain function."""

    @wraps(work)
    def run(*given: Any, **named: Any) -> None:
        asyncio.run(work(*given, **named))

    return run


def asking(url: str = URL, **more: Any) -> Outgoing:
    given = {"method": "GET", "endpoint": "accounts", "headers": {}, **more}
    return Outgoing(bank="b", url=url, **given)


async def answered(
    reply: Incoming | Exception | None = None,
) -> Incoming:
    if isinstance(reply, Exception):
        raise reply
    return reply or Incoming(status=200, headers={}, body=b"{}")


def tape() -> Tape:
    return Tape(SettableClock())


async def kept(request: Outgoing, reply: Incoming) -> Tape:
    made = tape()
    await made.taken(request, answered(reply))
    return made


@run_to_its_end
async def test_no_secret_is_taken_down():
    request = asking(
        method="POST",
        headers={"Authorization": "Bearer s3cret", "Cookie": "sid=s3cret", "X-Request-ID": "7"},
        body=b"password=s3cret",
    )
    reply = Incoming(
        status=200,
        headers={"content-type": "text/html", "x-token": "s3cret"},
        body=b'{"access_token": "s3c\\"ret", "refreshToken":"s3cret", "amount": "1.50"}',
        set_cookies=("sid=s3cret; Path=/",),
    )
    made = await kept(request, reply)
    assert "s3c" not in repr(made)
    (one,) = made.calls
    assert one.body == b'{"access_token": "not-kept", "refreshToken":"not-kept", "amount": "1.50"}'
    assert one.cookies == ("sid",)
    assert one.asked_as == "7"
    assert (await kept(asking(endpoint="token"), reply)).calls == []


@run_to_its_end
async def test_a_call_is_known_without_its_own_id_and_time():
    def body(number: int, account: str = "PL1") -> bytes:
        return json.dumps({"requestHeader": {"requestId": number}, "account": account}).encode()

    made = await kept(asking(body=body(1)), Incoming(status=200, headers={}, body=b"one"))
    door = PlayedDoor(tuple(made.calls))
    with pytest.raises(BankUnreachable):
        await door.call(asking(body=body(1, "PL2")))
    reply = await door.call(asking(body=body(2)))
    assert (reply.body, door.left, door.unanswered) == (b"one", [], ["GET accounts"])


@run_to_its_end
async def test_equal_calls_are_answered_in_their_order_and_failures_fail_again():
    made = tape()
    for reply in (b"1", BankUnreachable(), BankAnsweredNonsense("body", "less"), b"2"):
        whole = reply if isinstance(reply, Exception) else None
        with_body = Incoming(status=200, headers={}, body=b"" if whole else bytes(reply))
        try:
            await made.taken(asking(), answered(whole or with_body))
        except (BankUnreachable, BankAnsweredNonsense):
            continue
    door = PlayedDoor(tuple(made.calls))
    assert (await door.call(asking())).body == b"1"
    with pytest.raises(BankUnreachable):
        await door.call(asking())
    with pytest.raises(BankAnsweredNonsense):
        await door.call(asking())
    assert door.left == ["GET accounts"]


@run_to_its_end
async def test_a_call_the_time_cut_short_stands_still():
    made = tape()

    async def endless() -> Incoming:
        await asyncio.Event().wait()
        raise AssertionError

    task = asyncio.create_task(made.taken(asking(), endless()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    door = PlayedDoor(tuple(made.calls))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(door.call(asking()), 0.01)
    assert door.stands_still == 1


@run_to_its_end
async def test_an_earlier_answer_that_counts_now_is_taken_down_once():
    made = tape()
    reply = Incoming(status=200, headers={}, body=b"keys")
    relied_on(asking(), reply)
    with recorded_by(made):
        relied_on(asking(), reply)
        relied_on(asking(), reply)
    assert [one.body for one in made.calls] == [b"keys"]


@run_to_its_end
async def test_answers_beyond_the_limit_make_it_incomplete(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("opensaldo.connectors.transcript.TAPE_BYTES_MAX", 600)
    made = await kept(asking(), Incoming(status=200, headers={}, body=b"x" * 100))
    assert made.is_full
    assert made.calls == []


@run_to_its_end
async def test_cookies_come_back_by_name_only():
    reply = Incoming(status=200, headers={}, body=b"", set_cookies=("a=1", "b=2; HttpOnly"))
    door = PlayedDoor(tuple((await kept(asking(), reply)).calls))
    assert (await door.call(asking())).set_cookies == (f"a={NOT_KEPT}", f"b={NOT_KEPT}")
