"""How the chains of calls of one reading go on: each for itself, or step by step together.

A chain stops after every step: an account's details, or one page of a list.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

Chain = AsyncGenerator[None, None]


async def each_for_itself(chains: Sequence[Chain]) -> None:
    """All the chains came to their end, as fast as each can.

    Raises:
        Exception: the first failure in time, bare; the rest was cancelled.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for one in chains:
                group.create_task(_to_its_end(one))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def in_step(chains: Sequence[Chain]) -> None:
    """All the chains came to their end, none a step ahead of another.

    Which calls are made, and which failure is told, follows from the bank's answers alone and not
    from when they come: a failure stops the chains once the calls under way are answered.

    Raises:
        Exception: the first failure, in the order of the chains.
    """
    going = list(chains)
    try:
        while going:
            steps = await asyncio.gather(*map(_step, going), return_exceptions=True)
            for one in steps:
                if isinstance(one, BaseException):
                    raise one
            going = [chain for chain, goes_on in zip(going, steps, strict=True) if goes_on]
    finally:
        for chain in chains:
            await chain.aclose()


async def _to_its_end(chain: Chain) -> None:
    async with aclosing(chain):
        async for _ in chain:
            pass


async def _step(chain: Chain) -> bool:
    """Whether the chain may go on after its next step."""
    try:
        await anext(chain)
    except StopAsyncIteration:
        return False
    return True
