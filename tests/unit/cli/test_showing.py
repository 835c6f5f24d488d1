"""What the command line shows of a receipt is what the receipt says."""

from __future__ import annotations

import pytest

from opensaldo.cli.showing import Showing


def shown(capsys: pytest.CaptureFixture[str], **receipt: object) -> str:
    Showing(quiet=False).receipt({"receipt": receipt})
    return capsys.readouterr().out


def test_only_a_balance_without_a_gap_is_called_proven(capsys: pytest.CaptureFixture[str]):
    proven = shown(capsys, balances=[{"currency": "PLN", "gap": 0}])
    assert "gap 0.00 PLN, proven" in proven
    open_gap = shown(capsys, balances=[{"currency": "PLN", "gap": 12.5}])
    assert "gap 12.50 PLN, the rows do not add up" in open_gap


def test_what_the_consent_still_allows_is_shown_where_there_is_one(
    capsys: pytest.CaptureFixture[str],
):
    assert "2 in these 24 hours" in shown(capsys, callsLeft=2)
    assert "24 hours" not in shown(capsys)
