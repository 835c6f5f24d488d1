"""What "no more calls" means, by code, by wording in any language, by Retry-After."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from opensaldo.connectors.call_limits import Meaning, no_more_calls, rules
from opensaldo.errors import BankDailyLimit, BankError, BankMaintenance, BankRateLimited

DAY, SLOW, PAUSE = BankDailyLimit, BankRateLimited, BankMaintenance


@pytest.mark.parametrize(
    ("codes", "body", "headers", "meant"),
    [
        (("ACCESS_EXCEEDED",), b"", {}, DAY),
        (("access_exceeded",), b"the token is invalid", {"retry-after": "5"}, DAY),
        (("TOO_MANY_REQUESTS",), b"4 times a day", {}, SLOW),
        (("MAINTENANCE",), b"", {}, PAUSE),
        ((), "Limit zapytań: 4 razy na dobę".encode(), {}, DAY),
        ((), "Limit zapytań na sekundę przekroczony".encode(), {}, SLOW),
        ((), b"Rate limit is exceeded. Try again in 12 seconds.", {}, SLOW),
        ((), b"You may call this account FOUR TIMES only", {}, DAY),
        ((), "Probíhá odstávka systému".encode(), {}, PAUSE),
        ((), b"Trwa przerwa techniczna", {}, PAUSE),
        ((), "límite diario".encode(), {}, DAY),
        ((), b"", {"retry-after": "60"}, SLOW),
        ((), b"", {"retry-after": "3601"}, DAY),
        ((), b"", {"retry-after": "Tue, 03 Mar 2026 00:00:00 GMT"}, DAY),
        ((), b"", {}, DAY),
        ((), b"\xff\xfe{{{", {}, DAY),
    ],
)
def test_the_first_rule_that_fits_says_what_is_meant(
    codes: tuple[str, ...], body: bytes, headers: Mapping[str, str], meant: type[BankError]
):
    assert type(no_more_calls(headers, codes, body)) is meant


def test_the_waiting_time_a_bank_names_is_kept():
    assert no_more_calls({"retry-after": "7"}).retry_after_s == 7
    assert no_more_calls({}).retry_after_s is None


def test_words_and_codes_of_the_file_can_match():
    for rule in rules():
        assert all(word == word.casefold() for word in rule.words), rule
        assert all(code == code.upper() for code in rule.codes), rule
    assert {rule.means for rule in rules()} == set(Meaning)
