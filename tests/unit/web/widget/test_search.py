from dataclasses import replace

import pytest

from opensaldo.web.api.openapi_examples import TARGET
from opensaldo.web.widget.search import fold, matching

BANKS = tuple(
    replace(TARGET, name=name, institution=name, official_name=official)
    for name, official in [
        ("SporitelnaApi_cz", "Česká spořitelna"),
        ("CsobApi_cz", "ČSOB"),
        ("IngApi", "ING Bank Śląski"),
        ("MillenniumApi_pt", "Banco Comercial Português, SA - Millennium"),
        ("BosApi", "BOŚ Bank"),
    ]
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Śląski", "slaski"),
        ("ŁÓDŹ", "lodz"),
        ("Česká spořitelna", "ceska sporitelna"),
        ("  Crédito-Agrícola,  ", "credito agricola"),
        ("Straße", "strasse"),
        ("ＫｏｎｔｏBank", "kontobank"),
        ("İı", "ii"),
        ("!?", ""),
    ],
)
def test_folding_leaves_lower_case_letters_without_marks(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("slaski", ["IngApi"]),
        ("Śląski ing", ["IngApi"]),
        ("ceska", ["SporitelnaApi_cz"]),
        ("bank", ["BosApi", "IngApi", "MillenniumApi_pt"]),
        ("millennium", ["MillenniumApi_pt"]),
        ("portugues comercial", ["MillenniumApi_pt"]),
        ("csob", ["CsobApi_cz"]),
        ("nowhere", []),
        ("x" * 10_000, []),
    ],
)
def test_a_bank_is_found_by_any_of_its_words(query: str, found: list[str]) -> None:
    assert [one.name for one in matching(BANKS, query)] == found


def test_an_empty_query_finds_all_by_official_name_whatever_its_diacritics() -> None:
    names = [one.official_name for one in matching(BANKS, " ")]
    assert names == [
        "Banco Comercial Português, SA - Millennium",
        "BOŚ Bank",
        "Česká spořitelna",
        "ČSOB",
        "ING Bank Śląski",
    ]
