"""A program of ours that runs beside this one and never outlives it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext

STOP_WITHIN_S = 5

Program = subprocess.Popen[bytes]


@contextmanager
def beside(
    command: list[str],
    environment: Mapping[str, str] | None = None,
    *,
    hears_interrupts: bool = True,
) -> Iterator[Program]:
    """The program runs while the block lasts; what it prints can be read from `stdout`.

    Args:
        command: the program and its arguments.
        environment: its variables, all of them; without it ours.
        hears_interrupts: whether Ctrl-C reaches it; if not, it ends when the block does.
    """
    with nullcontext() if hears_interrupts else _interrupts_blocked():
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=subprocess.PIPE, env=environment
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """What is started in the block never hears Ctrl-C; we hear it afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def first_line(process: Program) -> str:
    """What the program printed first; empty when it ended instead."""
    return process.stdout.readline().decode().strip() if process.stdout is not None else ""
