"""The law of living logins: what is shown at an instant is what the truth file says of it."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from kontobank.cli import main
from kontobank.people.countries import COUNTRIES
from kontobank.world import alive, truth, world_at
from kontobank.world.lives import LIFE_DAYS_MAX
from tests.unit.kontobank.tpp import call_asgi

FIRST, LAST = date(2025, 10, 1), date(2026, 11, 21)
HELD_STATUS, DONE = "hold", "done"


def records(login="alive-anna", seed=1, code="pl", first=FIRST, last=LAST):
    """The truth file's records by kind."""
    found = {"account": [], "payment": [], "balance": []}
    for line in truth.lines(truth.truth(seed, code, login, first, last)).splitlines():
        record = json.loads(line)
        found[record["record"]].append(record)
    return found


def shown_at(payments, at):
    """The appearances of payments that the bank shows at the instant, by the file alone."""
    return [
        one
        for payment in payments
        for one in payment["appearances"]
        if datetime.fromisoformat(one["from"]) <= at
        and (one["until"] is None or at < datetime.fromisoformat(one["until"]))
    ]


def facts(row):
    """What a row and an appearance have in common."""
    return (row.item_id, row.status, row.minor, row.title, row.traded_on, row.booked_on)


def facts_of(one):
    booked_on = date.fromisoformat(one["booked_on"]) if one["booked_on"] else None
    traded_on = date.fromisoformat(one["traded_on"])
    return (one["bank_id"], one["status"], one["minor"], one["text"], traded_on, booked_on)


def instants(count, since=date(2026, 1, 1)):
    """Instants of many days and hours, later and earlier by turns."""
    start = datetime(since.year, since.month, since.day, tzinfo=UTC)
    return [start + timedelta(minutes=(place * 7_919_777) % 460_000) for place in range(count)]


@pytest.mark.parametrize("code", COUNTRIES)
def test_at_every_instant_the_accounts_show_what_the_truth_file_says(code):
    file = records("alive-2x30-anna", code=code)
    for at in instants(12):
        world = world_at(1, code, "alive-2x30-anna", at)
        assert len(world.accounts) == 2
        for account in world.accounts:
            mine = [one for one in file["payment"] if one["account"] == account.number]
            expected = Counter(facts_of(one) for one in shown_at(mine, at))
            since = date(2025, 12, 1)
            rows = [*account.rows(since, account.day), *account.unbooked]
            kept = Counter(
                {fact: n for fact, n in expected.items() if (fact[5] or account.day) >= since}
            )
            assert Counter(map(facts, rows)) == kept


def test_balances_follow_the_rows_at_every_instant():
    file = records()
    (opened,) = file["account"]
    days = {one["day"]: one for one in file["balance"]}
    for at in instants(60):
        (account,) = world_at(1, "pl", "alive-anna", at).accounts
        eve = days[(at.date() - timedelta(days=1)).isoformat()]
        evening = datetime(at.year, at.month, at.day, tzinfo=UTC) - timedelta(microseconds=1)
        before, now = shown_at(file["payment"], evening), shown_at(file["payment"], at)
        moved = sum(one["minor"] for one in now if one["status"] == DONE)
        moved -= sum(one["minor"] for one in before if one["status"] == DONE)
        held = sum(one["minor"] for one in now if one["status"] == HELD_STATUS)
        assert account.balance_minor == eve["booked_minor"] + moved
        assert account.available_minor == account.balance_minor + held
        rows = account.rows(date(2025, 12, 1), account.day)
        for one, other in pairwise(rows):
            assert one.balance_minor + other.minor == other.balance_minor
    assert opened["opening_minor"] > 0


def test_the_order_of_questions_changes_nothing():
    asked = instants(40)

    def ask(order):
        alive.lives.cache_clear()
        alive._settled_rows.cache_clear()
        world_at.__globals__["living_world"].cache_clear()
        found = {}
        for at in order:
            (account,) = world_at(3, "ro", "alive-ion", at).accounts
            found[at] = (account.rows(date(2025, 1, 1), account.day), account.unbooked)
        return found

    assert ask(asked) == ask(asked[::-1]) == ask(sorted(asked))


def test_everything_that_happens_to_payments_happens_within_a_year():
    payments = records("alive-1x80-anna")["payment"]
    assert {one["fate"] for one in payments} == {
        "books",
        "direct",
        "backdated",
        "vanishes",
        "splits",
        "merges",
        "reversed",
    }
    seen = Counter()
    for payment in payments:
        pending = [one for one in payment["appearances"] if one["status"] != DONE]
        booked = [one for one in payment["appearances"] if one["status"] == DONE]
        for one in booked:
            seen["backdated"] += one["booked_on"] < one["from"][:10]
            assert one["booked_on"] <= one["from"][:10]
        if payment["fate"] == "books":
            last, (row,) = pending[-1], booked
            seen["id"] += last["bank_id"] != row["bank_id"]
            seen["same id"] += last["bank_id"] == row["bank_id"]
            seen["amount"] += last["minor"] != row["minor"]
            seen["text"] += last["text"] != row["text"]
            seen["prefix"] += last["text"].startswith("202") and row["text"][:3] != "202"
            seen["upper"] += row["text"] == row["text"].upper() != last["text"].upper()
            seen["date"] += last["traded_on"] != row["traded_on"]
            seen["while pending"] += len(pending) > 1
        if payment["fate"] == "splits":
            assert sum(one["minor"] for one in booked) == pending[-1]["minor"]
            assert len(booked) == 2
        if payment["fate"] == "merges":
            assert sum(one["minor"] for one in pending) == booked[0]["minor"]
        if payment["fate"] == "reversed":
            assert payment["settled_minor"] == 0 != booked[0]["minor"]
        if payment["fate"] == "vanishes":
            assert (booked, payment["settled_minor"]) == ([], 0)
    assert min(seen.values()) > 5, seen
    assert len(seen) == 9


def test_twins_are_truly_equal_and_two():
    payments = {one["payment"]: one for one in records("alive-1x80-anna")["payment"]}
    twins = [one for one in payments.values() if one["twin_of"]]
    assert len(twins) > 30
    for twin in twins:
        other = payments[twin["twin_of"]]
        assert twin["happened_at"][:10] == other["happened_at"][:10]
        assert (twin["kind"], twin["mcc"]) == (other["kind"], other["mcc"])
        parties = {one["party"] for one in (*twin["appearances"], *other["appearances"])}
        assert len(parties) == 1
        ids = [{one["bank_id"] for one in life["appearances"]} for life in (twin, other)]
        assert not ids[0] & ids[1]


@pytest.mark.parametrize("code", COUNTRIES)
@pytest.mark.parametrize("login", ["alive-anna", "alive-1x90-anna", "alive-1x5-anna"])
def test_no_account_is_overdrawn_and_every_life_ends_in_time(code, login):
    file = records(login, 2, code, date(2026, 1, 1), date(2026, 6, 30))
    for one in file["balance"]:
        assert one["booked_minor"] > 0
        assert one["available_minor"] > 0
    for payment in file["payment"]:
        started = datetime.fromisoformat(payment["happened_at"])
        for one in payment["appearances"]:
            last = datetime.fromisoformat(one["until"] or one["from"])
            assert last - started < timedelta(days=LIFE_DAYS_MAX)


def test_a_month_has_as_many_payments_as_the_login_says():
    file = records("alive-3x25-jan", first=date(2026, 3, 1), last=date(2026, 3, 31))
    counts = Counter(one["account"] for one in file["payment"] if one["kind"] != "PRZELEW WŁASNY")
    assert list(counts.values()) == [25, 25, 25]


def test_the_command_and_the_switchboard_tell_the_same_truth(app, capsys):
    query = "login=alive-anna&country=cz&from=2026-10-01&to=2026-11-21"
    answer = call_asgi(app, "GET", f"/switchboard/truth?{query}", {})
    assert answer.status == 200
    told = ["truth", "alive-anna", "--country", "cz", "--from", "2026-10-01"]
    assert main([*told, "--day", "2026-11-21"]) == 0
    assert capsys.readouterr().out == answer.text


@pytest.mark.parametrize(
    "query", ["login=test1", "login=alive-a&from=x", "login=alive-a&from=2027-01-01", "country=de"]
)
def test_what_has_no_truth_file_is_said_so(app, query):
    answer = call_asgi(app, "GET", f"/switchboard/truth?{query}", {})
    assert answer.status == 400
    assert answer.json["error"]
