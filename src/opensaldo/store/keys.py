"""Key files: made once by whichever process comes first, read by all, destroyed for good."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

KEY_BYTES = 32


class KeyDestroyed(LookupError):
    """The key is gone, and with it everything sealed under it."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as the database keeps it: useless without the day's key `key_id` (YYYYMMDD)."""

    key_id: int
    wrapped: bytes = field(repr=False)


class KeyFolder:
    """A folder of key files that only its owner can read."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            with suppress(PermissionError):  # a mounted volume may belong to someone else
                folder.chmod(0o700)
        self._folder = folder

    def make_once(self, name: str) -> bytes:
        """The key in this file; made now if no process made it before."""
        key = self.read(name)
        if key is not None:
            return key
        with self._alone():
            key = self.read(name)
            return key if key is not None else self._make(name)

    def read(self, name: str) -> bytes | None:
        """The key in this file, None without one.

        Raises:
            ValueError: the file does not hold a key; it is never replaced silently.
        """
        try:
            key = (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        if len(key) != KEY_BYTES:
            raise ValueError(f"key file {name}: expected {KEY_BYTES} bytes, received {len(key)}")
        return key

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return os.path.exists(f"{self._folder}/{name}")  # noqa: PTH110 - asked by every poll

    def names(self, pattern: str) -> list[str]:
        """The names of the files that fit the pattern, sorted."""
        return sorted(path.name for path in self._folder.glob(pattern))

    def destroy(self, name: str) -> None:
        """The file is gone; its bytes were overwritten on the disk first."""
        with self._alone(), suppress(FileNotFoundError):
            path = self._folder / name
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            self._sync()

    def _make(self, name: str) -> bytes:
        key = secrets.token_bytes(KEY_BYTES)
        draft = self._folder / f".{name}.{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._folder / name)
        self._sync()
        return key

    def _sync(self) -> None:
        """The folder's own list of files is on the disk."""
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process makes or destroys a key meanwhile."""
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
