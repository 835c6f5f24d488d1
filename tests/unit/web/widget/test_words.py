from dataclasses import replace
from datetime import date

import pytest

from opensaldo.domain.target import AccountType
from opensaldo.web.api.openapi_examples import TARGET
from opensaldo.web.widget.words import NO_BREAK, Words, words_for


def test_an_unknown_exception_gets_the_general_text() -> None:
    assert Words("en").fault("NeverHeardOf") == Words("en").fault(None)


@pytest.mark.parametrize("reason", ["SignInCancelled", "ServiceTemporarilyUnavailable", None])
def test_a_failure_without_a_reason_at_a_companys_bank_says_who_must_open_the_access(
    reason: str | None,
) -> None:
    company = replace(TARGET, account_types=(AccountType.CORPORATE,))
    person = replace(TARGET, account_types=(AccountType.INDIVIDUAL,))
    said = Words("en").fault(reason, company)
    assert said.startswith(Words("en").fault(reason))
    assert "president" in said
    assert "PSD2 consent" in said
    assert Words("en").fault(reason, person) == Words("en").fault(reason)


def test_a_failure_with_a_reason_is_told_alike_at_every_bank() -> None:
    company = replace(TARGET, account_types=(AccountType.CORPORATE,))
    assert Words("en").fault("AccessBlocked", company) == Words("en").fault("AccessBlocked")


def test_what_is_filled_in_is_escaped_and_set_apart() -> None:
    said = Words("en")("down_title", bank="<b>&Bank\u202e")
    assert "<bdi>&lt;b&gt;&amp;Bank\u202e</bdi>" in said
    assert "<b>" not in said


def test_a_plain_text_carries_no_markup() -> None:
    assert Words("en").plain("down_title", bank="KontoBank") == (
        "KontoBank does not answer right now"
    )


@pytest.mark.parametrize(
    ("language", "hours", "said"),
    [
        ("en", 1, "1 hour,"),
        ("en", 24, "24 hours,"),
        ("pl", 1, "1 godzinę,"),
        ("pl", 24, "24 godziny,"),
        ("pl", 12, "12 godzin,"),
        ("cs", 2, "2 hodiny,"),
        ("lt", 10, "10 valandų,"),
        ("lv", 21, "21 stundu,"),
        ("ro", 24, "24 de ore,"),
    ],
)
def test_a_number_takes_its_nouns_form(language: str, hours: int, said: str) -> None:
    plain = Words(language).plain("how_long_once", hours=hours, client="Acme")
    assert said.replace(" ", NO_BREAK) in plain


@pytest.mark.parametrize(("language", "kept"), [("cs", "v bance"), ("pl", "w banku")])
def test_no_line_ends_in_a_word_of_one_letter(language: str, kept: str) -> None:
    said = Words(language).plain("consent_title", client="Acme", bank="KontoBank")
    assert kept.replace(" ", NO_BREAK) in said
    assert kept not in said


def test_days_are_written_as_the_language_writes_them() -> None:
    assert Words("pl").day(date(2027, 5, 1)) == "01.05.2027"
    assert Words("en").day(date(2027, 5, 1)) == "01 May 2027"
    assert Words("lt").day(date(2027, 5, 1)) == "2027-05-01"


def test_the_words_are_those_of_the_language_asked_for() -> None:
    assert words_for("cz", None, None) == Words("cs")
    assert words_for("ru", None, None, "en") == Words("en")
