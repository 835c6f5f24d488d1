"""The targets of the bank files, all together: counts and rules."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from opensaldo.connectors.bank_files import BankTarget, Status, read_bank_file, read_bank_files
from opensaldo.connectors.road import KONTOBANK
from opensaldo.data import bank_files
from opensaldo.domain.target import AccountType, Interface

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("OPENSALDO_SHARED") or ROOT.parent / "shared")
CONTRACT = SHARED / "contract" / "wire.md"
TARGETS = read_bank_files()
LETTERS = {"I": "Individual", "S": "SoleTrader", "C": "Corporate"}

# By country, at least: targets, of these over PSD2, with cards, beta, with multiple access.
COUNTS = {
    "pl": (26, 20, 18, 11, 16),
    "cz": (11, 10, 3, 4, 10),
    "es": (24, 6, 6, 9, 0),
    "pt": (25, 24, 0, 2, 0),
    "ro": (6, 5, 0, 6, 0),
    "lt": (5, 4, 0, 5, 0),
    "lv": (5, 4, 0, 5, 0),
    "ee": (5, 4, 0, 5, 0),
}


def rows_of_the_contract() -> Iterator[tuple[str, ...]]:
    """The cells of every row of section 21, the country first."""
    chapter = CONTRACT.read_text("utf-8").partition("## 21.")[2].partition("### Legacy")[0]
    for part in chapter.split("\n### ")[1:]:
        for line in part.splitlines():
            cells = [cell.strip() for cell in line.strip("| ").split("|")]
            if line.startswith("| ") and cells[0] != "target":
                yield part[:2], *cells


def row_of(target: BankTarget) -> tuple[str, ...]:
    """The target as a row of section 21."""
    letter = "P" if target.interface is Interface.PSD2 else "F"
    words = [letter + "b" * target.beta, *["cards"] * target.cards, *["signout"] * target.sign_out]
    return (
        target.country,
        target.name,
        target.institution,
        target.official_name,
        "".join(sorted(kind[0] for kind in target.account_types)),
        " ".join(words),
        ",".join(target.credentials),
    )


@pytest.mark.skipif(not CONTRACT.exists(), reason="wire.md is not here (../shared)")
def test_the_files_say_what_the_wire_contract_says():
    """Every recorded row; a bank added since stands beside them."""
    wanted = {(*row[:4], "".join(sorted(row[4])), *row[5:]) for row in rows_of_the_contract()}
    assert len(wanted) == 107
    assert wanted - {row_of(target) for target in TARGETS.values()} == set()


def test_no_country_loses_a_target():
    for country, least in COUNTS.items():
        ours = [one for one in TARGETS.values() if one.country == country]
        counted = (
            len(ours),
            sum(one.interface is Interface.PSD2 for one in ours),
            sum(one.cards for one in ours),
            sum(one.beta for one in ours),
            sum(one.multiple_access for one in ours),
        )
        assert all(now >= before for now, before in zip(counted, least, strict=True)), country


def test_countries_and_targets_of_old_are_not_listed():
    legacy = {"UnicreditApi_it", "Bdo_ph", "Sporitelna_cz", "Equa_cz", "Era_cz"}
    assert not legacy & set(TARGETS)


def test_multiple_access_is_for_people_and_sole_traders_in_poland_and_the_czech_republic():
    for one in TARGETS.values():
        is_for_people = bool(
            {AccountType.INDIVIDUAL, AccountType.SOLE_TRADER} & {*one.account_types}
        )
        is_psd2 = one.interface is Interface.PSD2
        expected = is_psd2 and one.country in {"pl", "cz"} and is_for_people
        assert one.multiple_access is expected, one.name


def test_a_psd2_target_is_named_as_one():
    for one in TARGETS.values():
        if one.name != "Inteligo":
            assert ("Api" in one.name) is (one.interface is Interface.PSD2), one.name


def test_a_file_holds_one_institution_and_each_institution_has_one_file():
    files = {
        path: {(one.country, one.institution) for one in read_bank_file(path).targets}
        for path in bank_files()
    }
    assert {len(institutions) for institutions in files.values()} == {1}
    assert max(Counter(next(iter(each)) for each in files.values()).values()) == 1


def test_only_kontobank_is_for_tests_only():
    for one in TARGETS.values():
        is_mock = one.institution.partition("_")[0] == "KontoBank"
        assert one.test_only is one.road.needs_kontobank is is_mock, one.name


def test_no_bank_is_called_proven_before_somebody_signed_in():
    assert {one.status for one in TARGETS.values()} == {Status.DOCUMENTED, Status.UNPROVEN}


def test_what_rests_on_an_assumption_is_called_unproven():
    for one in TARGETS.values():
        assert one.source.startswith("assumed: ") is (one.status is Status.UNPROVEN), one.name


def test_every_target_but_the_old_ones_delivers_accounts_and_transactions():
    for one in TARGETS.values():
        assert {"amount", "booked_on", "title"} <= set(one.scope.transaction), one.name
        assert {"iban", "currency"} <= set(one.scope.account), one.name
        assert bool(one.scope.card) is one.cards, one.name


def test_real_addresses_are_those_of_the_bank():
    for one in TARGETS.values():
        known = (one.road.base_url, one.road.authorize_url, one.road.token_url)
        assert all(url.startswith(("https://", KONTOBANK)) for url in known if url)
        assert re.fullmatch(r"https://[a-z0-9.-]+", one.official_url), one.name
