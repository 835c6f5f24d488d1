"""What the connectors make of answers: KontoBank's as recorded, other banks' as made up.

KontoBank's come from record_banks.py beside this file. Another bank's sample is `<kind>.<n>.json`,
an answer in its shape with invented people, and what `opensaldo banks convert` makes of it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from opensaldo.connectors.bank_files import read_bank_file
from opensaldo.data import bank_files
from tests.golden.record_banks import GOLDEN, made_of

SAMPLES = sorted(
    path for path in GOLDEN.glob("*/banks/*/*.json") if not path.name.endswith(".expected.json")
)


def protocol_of(path: Path) -> str:
    """The standard of the bank whose sample this is."""
    file = read_bank_file(path.parent.relative_to(GOLDEN).as_posix() + ".toml")
    return file.targets[0].protocol


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.relative_to(GOLDEN)))
def test_a_recorded_answer_becomes_the_nouns_beside_it(path: Path) -> None:
    expected = path.with_name(path.name.replace(".json", ".expected.json"))
    made = made_of(protocol_of(path), path.stem, path.read_bytes())
    assert made == json.loads(expected.read_text("utf-8"))


def test_every_bank_file_has_a_golden_sample_or_is_named_as_one_that_has_none_yet() -> None:
    sampled = {path.parent.relative_to(GOLDEN).as_posix() + ".toml" for path in SAMPLES}
    lines = (GOLDEN / "unsampled.txt").read_text("utf-8").splitlines()
    unsampled = [line for line in lines if not line.startswith("#")]
    assert unsampled == sorted(set(unsampled))
    assert sampled | set(unsampled) == set(bank_files())
    assert not sampled & set(unsampled)
