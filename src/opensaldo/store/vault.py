"""Envelope encryption: seal, open, and make unreadable for ever.

One data key per session, kept wrapped in the database under the key of the day it was made; the
day's keys are files outside the database. Whoever destroys a day's key file makes every copy of
that day's data unreadable, in backups and database logs too. What lives longer (consents) is
sealed under a long-lived key.

Source: NIST SP 800-38D (GCM, 96-bit nonces), RFC 5869 (HKDF).
"""

from __future__ import annotations

import hmac
import secrets
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from opensaldo.domain.clock import Clock
from opensaldo.store.keys import KEY_BYTES, KeyDestroyed, KeyFolder, WrappedKey

__all__ = ["DataKey", "KeyDestroyed", "SealBroken", "Vault", "WrappedKey"]

NONCE_BYTES = 12
SEALED_BYTES_MAX = 64 * 1024 * 1024
COMPRESSION_LEVEL = 1
LONG_KEY_ID = (0).to_bytes(4, "big")
DAY_KEYS_CACHED_MAX = 8
NEW_DAY_GRACE = timedelta(minutes=15)


class SealBroken(ValueError):
    """The sealed bytes were changed, belong elsewhere, or are sealed under another key."""


class DataKey:
    """A key in the clear; it lives in memory only and is never shown.

    An operator's own key for files that leave the store is read by `of_file`.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of_file(cls, text: str) -> DataKey:
        """The key that a file states as 64 hex digits.

        Raises:
            ValueError: it states none.
        """
        key = bytes.fromhex(text.strip())
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {2 * KEY_BYTES} hex digits")
        return cls(key)

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("a data key is not written anywhere")


class Vault:
    """Seals and opens; holds the key files' folder."""

    __slots__ = ("_clock", "_day_keys", "_fingerprint_key", "_folder", "_long_key", "_signature")

    def __init__(self, folder: KeyFolder, clock: Clock) -> None:
        """Use `open`."""
        long_lived = folder.make_once("long-lived.key")
        self._long_key = DataKey(_derived(long_lived, b"opensaldo: seal what lives long"))
        self._fingerprint_key = _derived(long_lived, b"opensaldo: fingerprints")
        self._signature = folder.make_once("signature.secret")
        self._folder = folder
        self._clock = clock
        self._day_keys: dict[int, bytes] = {}

    def __repr__(self) -> str:
        return "Vault(***)"

    @classmethod
    def open(cls, key_dir: Path, clock: Clock) -> Vault:
        """A vault on the keys in this folder; keys that must exist are made once."""
        return cls(KeyFolder(key_dir), clock)

    def signature_secret(self) -> bytes:
        """The 32 random bytes that session signatures are made with."""
        return self._signature

    # --- data keys ---------------------------------------------------------------------------
    def new_key(self) -> tuple[DataKey, WrappedKey]:
        """A fresh data key, and the same wrapped under today's key."""
        key_id = self._today()
        day_key = self._cached(key_id) or self._remembered(
            key_id, self._folder.make_once(_file_name(key_id))
        )
        key = secrets.token_bytes(KEY_BYTES)
        return DataKey(key), WrappedKey(key_id, _encrypted(day_key, key, _wrapped_for(key_id)))

    def unwrap(self, wrapped: WrappedKey) -> DataKey:
        """The data key in the clear.

        Raises:
            KeyDestroyed: the day's key is gone.
            SealBroken: these bytes were not wrapped by us for that day.
        """
        key_id = wrapped.key_id
        try:
            return DataKey(_decrypted(self._day_key(key_id), wrapped.wrapped, _wrapped_for(key_id)))
        except SealBroken:
            self._day_key(key_id)  # a key read while it was being destroyed opens nothing
            raise

    def day_keys(self) -> tuple[int, ...]:
        """The days whose keys exist, oldest first."""
        names = self._folder.names("day-????????.key")
        return tuple(int(name[4:12]) for name in names if name[4:12].isdigit())

    def destroy_day_key(self, key_id: int) -> None:
        """The day's key is gone: nothing sealed under it can be read again, anywhere.

        Raises:
            ValueError: it is today's key, which is in use.
        """
        if key_id == self._today():
            raise ValueError("day key: today's key cannot be destroyed")
        self._day_keys.pop(key_id, None)
        self._folder.destroy(_file_name(key_id))

    def destroy_spent(self, in_use: frozenset[int]) -> tuple[int, ...]:
        """Every day's key that nothing refers to is gone; returns which were destroyed.

        A key stays for a quarter of an hour into the next day: a session begun before midnight
        may not have been committed when `in_use` was read.
        """
        kept = in_use | {_day_number(self._clock() - NEW_DAY_GRACE), self._today()}
        spent = tuple(key_id for key_id in self.day_keys() if key_id not in kept)
        for key_id in spent:
            self.destroy_day_key(key_id)
        return spent

    # --- sealing -----------------------------------------------------------------------------
    @staticmethod
    def seal(key: DataKey, clear: bytes, bound_to: str) -> bytes:
        """The bytes packed and encrypted; they open only with the same `bound_to`.

        Raises:
            ValueError: there are more than SEALED_BYTES_MAX of them.
        """
        if len(clear) > SEALED_BYTES_MAX:
            raise ValueError(f"sealing: expected at most {SEALED_BYTES_MAX} bytes")
        return _encrypted(key._key, zlib.compress(clear, COMPRESSION_LEVEL), bound_to.encode())

    @staticmethod
    def open_sealed(key: DataKey, sealed: bytes, bound_to: str) -> bytes:
        """The bytes that were sealed.

        Raises:
            SealBroken: wrong key, wrong `bound_to`, or changed bytes.
        """
        return _unpacked(_decrypted(key._key, sealed, bound_to.encode()))

    def seal_long(self, clear: bytes, bound_to: str) -> bytes:
        """The bytes sealed under the long-lived key."""
        return LONG_KEY_ID + self.seal(self._long_key, clear, bound_to)

    def open_long(self, sealed: bytes, bound_to: str) -> bytes:
        """The bytes that were sealed under the long-lived key.

        Raises:
            SealBroken: wrong `bound_to`, changed bytes, or not sealed under that key.
        """
        if not sealed.startswith(LONG_KEY_ID):
            raise SealBroken
        return self.open_sealed(self._long_key, sealed[len(LONG_KEY_ID) :], bound_to)

    def fingerprint(self, *parts: str) -> str:
        """64 hex digits that stand for these texts and cannot be turned back or guessed through."""
        mac = hmac.new(self._fingerprint_key, digestmod=sha256)
        for part in parts:
            encoded = part.encode()
            mac.update(len(encoded).to_bytes(8, "big") + encoded)
        return mac.hexdigest()

    # --- the days' keys ----------------------------------------------------------------------
    def _today(self) -> int:
        return _day_number(self._clock())

    def _day_key(self, key_id: int) -> bytes:
        key = self._cached(key_id)
        if key is None:
            key = self._folder.read(_file_name(key_id))
        if key is None:
            raise KeyDestroyed(f"day key {key_id} is gone")
        return self._remembered(key_id, key)

    def _cached(self, key_id: int) -> bytes | None:
        """The key from memory, unless another process has destroyed its file."""
        if key_id in self._day_keys and not self._folder.has(_file_name(key_id)):
            self._day_keys.pop(key_id, None)
        return self._day_keys.get(key_id)

    def _remembered(self, key_id: int, key: bytes) -> bytes:
        if key_id not in self._day_keys and len(self._day_keys) >= DAY_KEYS_CACHED_MAX:
            self._day_keys.pop(min(self._day_keys), None)
        self._day_keys[key_id] = key
        return key


def _day_number(instant: datetime) -> int:
    return int(instant.astimezone(UTC).strftime("%Y%m%d"))


def _file_name(key_id: int) -> str:
    return f"day-{key_id:08d}.key"


def _wrapped_for(key_id: int) -> bytes:
    return f"opensaldo: data key of day {key_id}".encode()


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


def _encrypted(key: bytes, clear: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, bound_to)


def _decrypted(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise SealBroken from None


def _unpacked(packed: bytes) -> bytes:
    inflate = zlib.decompressobj()
    clear = inflate.decompress(packed, SEALED_BYTES_MAX)
    if not inflate.eof:
        raise SealBroken
    return clear
