"""The vault: what is sealed opens only with its key, its purpose and while its day's key lives."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.store import vault as vault_module
from opensaldo.store.vault import KeyDestroyed, SealBroken, Vault, WrappedKey
from tests.support.clock import SettableClock

OPEN_AND_PRINT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from opensaldo.store.vault import Vault
vault = Vault.open(Path(sys.argv[1]), lambda: datetime(2026, 3, 2, tzinfo=UTC))
vault.new_key()
print(vault.signature_secret().hex(), vault.fingerprint("a"))
"""


@pytest.fixture
def key_dir(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def vault(key_dir: Path, clock: SettableClock) -> Vault:
    return Vault.open(key_dir, clock)


@given(clear=st.binary(max_size=3000), bound_to=st.text(max_size=40))
def test_what_is_sealed_opens_to_the_same_bytes(tmp_path_factory, clear, bound_to):
    vault = _shared_vault(tmp_path_factory)
    key, wrapped = vault.new_key()
    sealed = vault.seal(key, clear, bound_to)
    assert vault.open_sealed(vault.unwrap(wrapped), sealed, bound_to) == clear
    assert vault.open_long(vault.seal_long(clear, bound_to), bound_to) == clear


@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_is_noticed(tmp_path_factory, position, bit):
    vault = _shared_vault(tmp_path_factory)
    key, _ = vault.new_key()
    for sealed, opened in (
        (vault.seal(key, b"bank data", "x"), lambda blob: vault.open_sealed(key, blob, "x")),
        (vault.seal_long(b"bank data", "x"), lambda blob: vault.open_long(blob, "x")),
    ):
        changed = bytearray(sealed)
        changed[position % len(changed)] ^= 1 << bit
        with pytest.raises(SealBroken):
            opened(bytes(changed))


def test_a_blob_cannot_be_moved_to_another_place(vault):
    key, _ = vault.new_key()
    with pytest.raises(SealBroken):
        vault.open_sealed(key, vault.seal(key, b"data", "command 1"), "command 2")
    with pytest.raises(SealBroken):
        vault.open_long(vault.seal_long(b"data", "consent 1"), "consent 2")


def test_another_sessions_key_opens_nothing(vault):
    key, _ = vault.new_key()
    other, _ = vault.new_key()
    with pytest.raises(SealBroken):
        vault.open_sealed(other, vault.seal(key, b"data", "x"), "x")


@pytest.mark.parametrize("blob", [b"", b"short", bytes(12), bytes(40)])
def test_what_was_never_sealed_is_broken(vault, blob):
    key, wrapped = vault.new_key()
    with pytest.raises(SealBroken):
        vault.open_sealed(key, blob, "x")
    with pytest.raises(SealBroken):
        vault.open_long(blob, "x")
    with pytest.raises(SealBroken):
        vault.unwrap(WrappedKey(wrapped.key_id, blob))


def test_the_same_bytes_are_never_sealed_the_same_way(vault):
    key, _ = vault.new_key()
    assert len({vault.seal(key, b"data", "x") for _ in range(100)}) == 100


def test_keys_are_numbered_by_the_clocks_utc_day(vault, clock):
    clock.set(datetime.fromisoformat("2026-03-03T00:30:00+01:00"))
    assert vault.new_key()[1].key_id == 20260302
    clock.set(datetime(2026, 3, 3, 0, 30, tzinfo=UTC))
    assert vault.new_key()[1].key_id == 20260303
    assert vault.day_keys() == (20260302, 20260303)


def test_a_wrapped_key_belongs_to_its_day(vault, clock):
    _, wrapped = vault.new_key()
    clock.advance(hours=24)
    vault.new_key()
    with pytest.raises(SealBroken):
        vault.unwrap(WrappedKey(20260303, wrapped.wrapped))


def test_a_destroyed_day_key_opens_nothing_in_any_process(vault, key_dir, clock):
    _, wrapped = vault.new_key()
    elsewhere = Vault.open(key_dir, clock)
    elsewhere.unwrap(wrapped)
    clock.advance(hours=24)
    vault.destroy_day_key(wrapped.key_id)
    for each in (vault, elsewhere, Vault.open(key_dir, clock)):
        with pytest.raises(KeyDestroyed):
            each.unwrap(wrapped)
    assert vault.day_keys() == ()
    assert not (key_dir / "day-20260302.key").exists()


def test_destroying_overwrites_before_it_unlinks(vault, key_dir, clock, tmp_path):
    _, wrapped = vault.new_key()
    file = key_dir / "day-20260302.key"
    key = file.read_bytes()
    (tmp_path / "other-name").hardlink_to(file)
    clock.advance(hours=24)
    vault.destroy_day_key(wrapped.key_id)
    assert (tmp_path / "other-name").read_bytes() != key


def test_todays_key_cannot_be_destroyed(vault):
    _, wrapped = vault.new_key()
    with pytest.raises(ValueError, match="today"):
        vault.destroy_day_key(wrapped.key_id)
    vault.unwrap(wrapped)


def test_destroying_twice_is_harmless(vault, clock):
    vault.new_key()
    clock.advance(hours=24)
    vault.destroy_day_key(20260302)
    vault.destroy_day_key(20260302)


def test_spent_keys_are_those_of_past_days_that_nothing_refers_to(vault, clock):
    for _ in range(4):
        vault.new_key()
        clock.advance(hours=24)
    assert vault.destroy_spent(frozenset({20260303})) == (20260302, 20260304, 20260305)
    assert vault.day_keys() == (20260303,)


def test_yesterdays_key_outlives_midnight_by_the_grace(vault, clock):
    vault.new_key()
    clock.set(datetime(2026, 3, 3, 0, 14, tzinfo=UTC))
    assert vault.destroy_spent(frozenset()) == ()
    clock.set(datetime(2026, 3, 3, 0, 16, tzinfo=UTC))
    assert vault.destroy_spent(frozenset()) == (20260302,)


def test_what_lives_long_outlives_the_day_keys(vault, key_dir, clock):
    vault.new_key()
    sealed = vault.seal_long(b"owner", "consent")
    clock.advance(hours=24)
    vault.destroy_spent(frozenset())
    assert Vault.open(key_dir, clock).open_long(sealed, "consent") == b"owner"


def test_processes_that_start_together_agree_on_the_keys(key_dir):
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", OPEN_AND_PRINT, str(key_dir)],
            stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1
    assert {path.name for path in key_dir.iterdir()} == {
        ".lock",
        "day-20260302.key",
        "long-lived.key",
        "signature.secret",
    }


def test_only_the_owner_can_read_the_keys(vault, key_dir):
    vault.new_key()
    assert key_dir.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in key_dir.iterdir()} == {0o600}


def test_a_folder_open_to_others_is_closed(tmp_path, clock):
    tmp_path.chmod(0o755)
    Vault.open(tmp_path, clock)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_damaged_key_file_is_refused_and_not_replaced(vault, key_dir, clock):
    (key_dir / "long-lived.key").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"long-lived\.key"):
        Vault.open(key_dir, clock)
    assert (key_dir / "long-lived.key").read_bytes() == b"damaged"


def test_a_bomb_is_not_inflated(vault, monkeypatch):
    key, _ = vault.new_key()
    sealed = vault.seal(key, bytes(10_000), "x")
    monkeypatch.setattr(vault_module, "SEALED_BYTES_MAX", 9_999)
    with pytest.raises(SealBroken):
        vault.open_sealed(key, sealed, "x")
    with pytest.raises(ValueError, match="at most"):
        vault.seal(key, bytes(10_000), "x")


def test_what_is_exactly_at_the_limit_opens(vault, monkeypatch):
    key, _ = vault.new_key()
    monkeypatch.setattr(vault_module, "SEALED_BYTES_MAX", 10_000)
    assert vault.open_sealed(key, vault.seal(key, bytes(10_000), "x"), "x") == bytes(10_000)


def test_trailing_garbage_is_no_seal(vault):
    key, _ = vault.new_key()
    packed = zlib.compress(b"data")[:-2]
    sealed = vault_module._encrypted(key._key, packed, b"x")
    with pytest.raises(SealBroken):
        vault.open_sealed(key, sealed, "x")


def test_fingerprints_are_keyed_and_keep_their_parts_apart(vault, tmp_path, clock):
    assert re.fullmatch(r"[0-9a-f]{64}", vault.fingerprint("account", "PL71"))
    assert vault.fingerprint("ab", "c") != vault.fingerprint("a", "bc")
    assert vault.fingerprint("a") == vault.fingerprint("a")
    assert vault.fingerprint("a") != Vault.open(tmp_path / "other", clock).fingerprint("a")


def test_nothing_secret_is_shown_or_pickled(vault, key_dir):
    key, wrapped = vault.new_key()
    shown = f"{vault!r} {key!r} {key!s} {wrapped!r} {[key, wrapped]} {vars(vault_module)['Vault']}"
    secrets = [key._key, wrapped.wrapped, vault.signature_secret()]
    secrets += [path.read_bytes() for path in key_dir.glob("*.key")]
    for secret in secrets:
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_many_days_stay_readable_with_a_small_cache(vault, clock):
    kept = []
    for _ in range(20):
        kept.append(vault.new_key()[1])
        clock.advance(hours=24)
    for wrapped in kept:
        vault.unwrap(wrapped)
    assert len(vault._day_keys) <= vault_module.DAY_KEYS_CACHED_MAX


_SHARED: list[Vault] = []


def _shared_vault(tmp_path_factory) -> Vault:
    """One vault for all examples of a property: opening syncs files to the disk."""
    if not _SHARED:
        _SHARED.append(Vault.open(tmp_path_factory.mktemp("keys"), SettableClock()))
    return _SHARED[0]
