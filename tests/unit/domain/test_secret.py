"""A secret shows itself to `reveal` only."""

from __future__ import annotations

import dataclasses
import json
import logging
import pickle
import traceback

import pytest

from opensaldo.domain.secret import Secret

WORD = "swordfish"
SECRET = Secret(WORD)


@dataclasses.dataclass(frozen=True)
class Holder:
    name: str
    key: Secret


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET!r}",
        f"{SECRET!s}",
        format(SECRET),
        str.__mod__("%s %r", (SECRET, SECRET)),
        ascii(SECRET),
        repr([SECRET]),
        repr({"key": SECRET}),
        repr((SECRET,)),
        repr(Holder("a", SECRET)),
        str(ValueError("bad key", SECRET)),
        repr(ValueError("bad key", SECRET)),
    ],
)
def test_no_way_to_print_shows_it(shown: str):
    assert WORD not in shown
    assert "***" in shown


@pytest.mark.parametrize("form", [">20", "20", "s", "^3"])
def test_a_format_that_asks_for_a_width_shows_nothing_either(form: str):
    try:
        shown = format(SECRET, form)
    except TypeError as refusal:
        shown = str(refusal)
    assert WORD not in shown


def test_a_traceback_shows_nothing():
    error = ValueError(SECRET)
    error.__cause__ = KeyError(SECRET)
    assert WORD not in "".join(traceback.format_exception(error))


def test_a_log_line_shows_nothing(caplog: pytest.LogCaptureFixture):
    logging.getLogger("any").warning("key %s %r", SECRET, Holder("a", SECRET))
    assert WORD not in caplog.text
    assert "***" in caplog.text


def test_json_refuses_it():
    with pytest.raises(TypeError) as refusal:
        json.dumps({"key": SECRET})
    assert WORD not in str(refusal.value)


def test_json_with_a_default_of_str_shows_nothing():
    assert json.dumps({"key": SECRET}, default=str) == '{"key": "***"}'


def test_it_cannot_be_changed_and_says_no_word_of_itself_when_tried():
    with pytest.raises(dataclasses.FrozenInstanceError) as refusal:
        SECRET._text = "other"  # type: ignore[misc]
    assert WORD not in str(refusal.value)


def test_reveal_gives_the_text_itself():
    assert SECRET.reveal() == WORD
    assert Secret("").reveal() == ""


def test_secrets_of_one_text_are_equal_and_hash_alike():
    assert Secret(WORD) == SECRET
    assert Secret("other") != SECRET
    assert {SECRET: 1}[Secret(WORD)] == 1


def test_a_copy_carries_the_text_and_still_shows_nothing():
    copied = pickle.loads(pickle.dumps(SECRET))
    assert (copied.reveal(), repr(copied)) == (WORD, "***")
