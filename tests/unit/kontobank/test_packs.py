"""The packs: as many as promised, each with a source, each played; and how they are switched."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from kontobank.mask import PLAIN
from kontobank.quirks import CUTS, PACKS, REPLIES, Packs, UnknownPack
from kontobank.quirks.rows import ROWS, Sight, seen
from kontobank.world import CALM, USUAL, world_of
from tests.unit.kontobank.conftest import NOW
from tests.unit.kontobank.tpp import call_asgi

IN_THE_CALLS = {
    "balances-fail",
    "booked-only",
    "error-as-success",
    "errors-are-a-list",
    "errors-are-empty",
    "errors-are-problems",
    "history-capped",
    "last-day-left-out",
    "pages-count-as-calls",
}
SIGHT = Sight(1, "me", "1234", 1)


def rows():
    account = world_of(1, "ro", "bench-1x50", NOW.date()).accounts[0]
    return account.rows(account.oldest_on, NOW.date())[::-1]


def test_there_are_thirty_packs_and_more_each_played_somewhere():
    assert len(PACKS) >= 30
    slow = {name for name, pack in PACKS.items() if pack.is_slow}
    assert set(PACKS) == {*ROWS, *CUTS, *REPLIES, *IN_THE_CALLS, *slow}


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_every_pack_says_what_it_does_and_where_it_was_met(pack):
    assert pack.does.endswith(".")
    assert re.fullmatch(r"[\w.-]+/[\w.-]+#\d+|Berlin Group: .+", pack.source)
    assert pack.standards


def test_packs_are_of_a_login_a_mask_or_everybody():
    packs = Packs()
    packs.switch("me", ["nulls"])
    masked = replace(PLAIN, quirks=("ids-blank",))
    assert packs.on(masked, "me", "pl") == {"nulls", "ids-blank"}
    assert packs.on(PLAIN, "other", "pl") == frozenset()
    packs.switch("*", ["ids-reused"])
    assert packs.on(PLAIN, "other", "pl") == {"ids-reused"}
    packs.reset()
    assert packs.on(PLAIN, "me", "pl") == frozenset()
    with pytest.raises(UnknownPack):
        packs.switch("me", ["rain"])


def test_the_switchboard_refuses_what_is_no_pack(app):
    wrong = call_asgi(app, "PUT", "/switchboard/packs", {}, b'{"packs": ["rain"]}')
    assert (wrong.status, wrong.json) == (400, {"error": "no pack is called rain"})
    right = call_asgi(app, "PUT", "/switchboard/packs", {}, b'{"packs": ["nulls"]}')
    assert right.json == {"login": "*", "packs": ["nulls"]}


def test_several_packs_work_on_the_same_rows():
    found = seen({"twins-under-one-id", "ids-blank"}, rows(), SIGHT)
    assert len(found) > len(rows())
    assert {row.item_id for row in found} == {" "}


def test_twins_are_worth_what_the_one_was():
    twins = seen({"twins-under-one-id"}, rows(), SIGHT)
    assert sum(row.minor for row in twins) == sum(row.minor for row in rows())
    for newer, older in pairwise(twins):
        assert newer.balance_minor - newer.minor == older.balance_minor


def test_reissued_ids_are_those_of_the_reading():
    ids = [
        [row.item_id for row in seen({"ids-reissued"}, rows(), replace(SIGHT, reading=reading))]
        for reading in (1, 1, 2)
    ]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])


def test_packs_over_days_keep_every_other_habit_away():
    packs = Packs()
    packs.switch("me", ["id-changes-when-booked", "nulls"])
    assert packs.manner(PLAIN, "me", "pl") == replace(CALM, keeps_id_percent=0)
    assert packs.manner(PLAIN, "other", "pl") == packs.manner(
        replace(PLAIN, quirks=("nulls",)), "other", "pl"
    )
    assert packs.manner(PLAIN, "other", "pl") == USUAL
