"""Ctrl-C while modules load is never lost, and nothing is printed of it."""

from __future__ import annotations

import os
import signal

import pytest

from opensaldo.interrupts import interrupts_kept


class Interrupted:
    """Where Python prints an exception and goes on: a destructor."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(1000))


def test_an_interrupt_in_a_destructor_is_not_swallowed_and_ends_the_program():
    before, reached = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), interrupts_kept():  # noqa: PT012 - raised at its end
        one = Interrupted()
        del one
        reached.append("the next line")
    assert reached == ["the next line"]
    assert signal.getsignal(signal.SIGINT) is before


def test_without_an_interrupt_nothing_changes():
    before = signal.getsignal(signal.SIGINT)
    with interrupts_kept():
        pass
    assert signal.getsignal(signal.SIGINT) is before
