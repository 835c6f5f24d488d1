"""The errors: the drawn tree is the real one, and every class carries what a reader needs."""

from __future__ import annotations

import copy
import inspect
import re

import pytest

from opensaldo import errors
from opensaldo.errors import BankAnsweredNonsense, Defect, OpenSaldoError, TooManyRequests

BRANCH = re.compile(r"^(?P<depth>(?:│  )*)[├└]─ (?P<rest>.*)$")
NAME = re.compile(r"[A-Z][a-z]\w+")
CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, OpenSaldoError)
]
PLAIN = [each for each in CLASSES if each is not BankAnsweredNonsense]


def drawn_parents() -> dict[str, str]:
    """The class under which the docstring draws each class; sisters in brackets are children."""
    parents: dict[str, str] = {}
    branch = "OpenSaldoError"
    twig = branch
    body = (errors.__doc__ or "").split("\n\n")[1]
    for line in body.splitlines()[1:]:
        match = BRANCH.match(line)
        text = line.lstrip("│ ")
        if match is not None:
            text = match["rest"]
            depth = len(match["depth"]) // 3
            first = text.split()[0]
            if depth == 0:
                branch = twig = first
                parents[first] = "OpenSaldoError"
                text = bracketed(text)
            elif first in vars(errors) and "," not in text.split("(")[0]:
                twig = first
                parents[first] = branch
                text = bracketed(text)
            else:
                twig = branch
        for name in NAME.findall(text):
            if name in vars(errors):
                parents[name] = twig
    return parents


def bracketed(text: str) -> str:
    return text.partition("(")[2]


def test_the_drawn_tree_is_the_real_tree():
    real = {each.__name__: each.__bases__[0].__name__ for each in CLASSES}
    del real["OpenSaldoError"]
    assert drawn_parents() == real


def test_the_tree_names_nothing_that_does_not_exist():
    body = (errors.__doc__ or "").split("\n\n")[1]
    drawn = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", body))
    known = {each.__name__ for each in CLASSES}
    assert drawn - known == set()


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_class_has_a_status_and_a_wire_name(error: type[OpenSaldoError]):
    assert 400 <= error.http_status <= 503
    assert re.fullmatch(r"[A-Z]\w+", error.wire_name)


@pytest.mark.parametrize("error", PLAIN, ids=lambda error: error.__name__)
def test_the_docstring_is_the_default_message(error: type[OpenSaldoError]):
    made = error()
    assert made.message == str(made) == (error.__doc__ or "").strip()
    assert made.retry_after_s is None


@pytest.mark.parametrize("error", PLAIN, ids=lambda error: error.__name__)
def test_a_message_of_its_own_replaces_the_default(error: type[OpenSaldoError]):
    made = error("Write it so.", retry_after_s=7)
    assert (made.message, str(made), made.retry_after_s) == ("Write it so.", "Write it so.", 7)
    assert made.args == ("Write it so.",)


def test_an_empty_message_falls_back_to_the_default():
    assert Defect("").message == Defect().message


def test_a_wait_of_no_seconds_is_not_the_same_as_none():
    assert TooManyRequests(retry_after_s=0).retry_after_s == 0


def test_nonsense_names_the_place_and_what_was_expected():
    made = BankAnsweredNonsense("accounts[0].currency", "three letters")
    assert made.path == "accounts[0].currency"
    assert made.message == (
        "The bank's answer could not be understood: accounts[0].currency: expected three letters."
    )
    assert made.wire_name == "ServiceTemporarilyUnavailable"


def test_a_subclass_takes_its_own_name_and_its_parents_status():
    class Strange(TooManyRequests):
        """Strange."""

    assert (Strange.wire_name, Strange.http_status) == ("Strange", 429)


def test_a_subclass_may_say_both():
    class Odd(Defect, wire_name="Even", http_status=418):
        """Odd."""

    assert (Odd.wire_name, Odd.http_status) == ("Even", 418)


def test_errors_can_be_copied_with_their_cause_and_message():
    made = copy.copy(TooManyRequests("Wait.", retry_after_s=3))
    assert (made.message, made.retry_after_s) == ("Wait.", 3)


def test_limits_may_say_when_to_come_back_and_only_our_side_answers_500():
    assert {each.__name__ for each in CLASSES if each.http_status == 500} == {
        "OpenSaldoError",
        "Defect",
    }
    assert {each.http_status for each in CLASSES} <= {
        400,
        401,
        403,
        404,
        405,
        409,
        410,
        413,
        415,
        422,
        429,
        500,
        503,
    }
