"""Every example in a docstring is true."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import opensaldo

ROOT = Path(opensaldo.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(("opensaldo", *path.relative_to(ROOT).with_suffix("").parts))
    for path in ROOT.rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_hold(name: str):
    result = doctest.testmod(importlib.import_module(name.removesuffix(".__init__")))
    assert result.failed == 0
    assert result.attempted > 0


def test_money_and_the_wire_have_examples():
    assert "opensaldo.domain.money" in WITH_EXAMPLES
    assert any(name.startswith("opensaldo.wire.") for name in WITH_EXAMPLES)
