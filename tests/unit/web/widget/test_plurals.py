"""Which noun form goes with a number, against samples that CLDR 48 lists for each category."""

import pytest

from opensaldo.web.widget.languages import LANGUAGES
from opensaldo.web.widget.plurals import RULES, category

SAMPLES = {
    "cs": {"one": [1], "few": [2, 3, 4], "other": [0, 5, 19, 22, 100, 1000]},
    "en": {"one": [1], "other": [0, 2, 16, 21, 100, 1000]},
    "es": {"one": [1], "other": [0, 2, 16, 21, 100, 1000]},
    "et": {"one": [1], "other": [0, 2, 16, 21, 100, 1000]},
    "lt": {
        "one": [1, 21, 31, 61, 101, 1001],
        "few": [2, 9, 22, 29, 102, 1002],
        "other": [0, 10, 20, 11, 19, 30, 60, 100, 111, 1000],
    },
    "lv": {
        "zero": [0, 10, 20, 11, 19, 30, 60, 100, 111, 1000],
        "one": [1, 21, 31, 61, 101, 1001],
        "other": [2, 9, 22, 29, 102, 1002],
    },
    "pl": {
        "one": [1],
        "few": [2, 3, 4, 22, 24, 32, 102, 1002],
        "many": [0, 5, 19, 12, 14, 21, 100, 112, 1000],
    },
    "pt": {"one": [1], "other": [0, 2, 16, 21, 100, 1000]},
    "ro": {"one": [1], "few": [0, 2, 16, 19, 101, 119, 1001], "other": [20, 35, 100, 120, 1000]},
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_is_in_the_category_that_cldr_lists_it_under(language: str) -> None:
    for name, counts in SAMPLES[language].items():
        for count in counts:
            assert category(language, count) == name, count


def test_every_language_has_a_rule_and_no_other_has() -> None:
    assert tuple(sorted(RULES)) == LANGUAGES
