"""What the connectors make of recorded answers (see record_banks.py beside this file)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from opensaldo.data import bank_files
from tests.golden.record_banks import GOLDEN, converted

SAMPLES = sorted(
    path for path in GOLDEN.glob("*/banks/*/*.json") if not path.name.endswith(".expected.json")
)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.relative_to(GOLDEN)))
def test_a_recorded_answer_becomes_the_nouns_beside_it(path: Path) -> None:
    expected = path.with_name(path.name.replace(".json", ".expected.json"))
    assert converted(path.stem, path.read_bytes()) == json.loads(expected.read_text("utf-8"))


def test_every_bank_file_has_a_golden_sample_or_is_named_as_one_that_has_none_yet() -> None:
    sampled = {path.parent.relative_to(GOLDEN).as_posix() + ".toml" for path in SAMPLES}
    lines = (GOLDEN / "unsampled.txt").read_text("utf-8").splitlines()
    unsampled = [line for line in lines if not line.startswith("#")]
    assert unsampled == sorted(set(unsampled))
    assert sampled | set(unsampled) == set(bank_files())
    assert not sampled & set(unsampled)
