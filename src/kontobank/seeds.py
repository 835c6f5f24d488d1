"""The bank's only source of randomness: everything is a hash of a seed and what it is for."""

import hashlib
import random

Part = str | int
Rng = random.Random


def digest(*parts: Part) -> bytes:
    """The sha256 of the parts; the same parts give the same bytes for ever."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).digest()


def rng(*parts: Part) -> Rng:
    """A generator of its own for the parts; it shares no state with any other."""
    return Rng(digest(*parts))


def identifier(*parts: Part, length: int = 24) -> str:
    """A lower-case hexadecimal name of at most 64 characters for the parts."""
    return digest(*parts).hex()[:length]


def digits(*parts: Part, length: int) -> str:
    """A run of `length` decimal digits for the parts (length at most 60)."""
    return str(int.from_bytes(digest(*parts)) % 10**length).zfill(length)
