"""A program started beside ours ends with its block, and hears Ctrl-C only when it should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from opensaldo.cli.beside import beside, first_line

SAYS_AND_STAYS = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]


def test_it_runs_while_the_block_lasts():
    with beside(SAYS_AND_STAYS) as program:
        assert first_line(program) == "here"
        assert program.poll() is None
    assert program.returncode == -signal.SIGTERM


def test_its_first_line_is_empty_when_it_ends_instead():
    with beside([sys.executable, "-c", ""]) as program:
        assert first_line(program) == ""


def test_a_program_that_must_not_hear_interrupts_does_not_end_by_one():
    with beside(SAYS_AND_STAYS, hears_interrupts=False) as program:
        assert first_line(program) == "here"
        os.kill(program.pid, signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(0.3)
    assert program.returncode == -signal.SIGTERM
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
