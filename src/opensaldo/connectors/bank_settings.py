"""What the operator has from each bank: one TOML file a target and environment.

`<folder>/test/<Target>.toml` and `<folder>/production/<Target>.toml`. A file makes the target
reach its real bank there; what it leaves out is as the catalogue says.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from opensaldo.connectors.road import Approach, Road
from opensaldo.data import BadDataFile, fill
from opensaldo.domain.client import Environment
from opensaldo.domain.secret import Secret

FILE_BYTES_MAX = 64 * 1024
_SECRET = "client_secret"  # noqa: S105 - the key of a table, not its value


@dataclass(frozen=True, slots=True, kw_only=True)
class BankSettings:
    """One target's file; what is empty is as the catalogue says.

    `certificate` is the name of the client certificate (QWAC) this bank knows us by. `embedded`
    allows the bank's password to be typed on our pages, where the catalogue names that approach.
    """

    client_id: str = ""
    client_secret: Secret | None = None
    base_url: str = ""
    authorize_url: str = ""
    token_url: str = ""
    jwks_url: str = ""
    certificate: str = ""
    embedded: bool = False

    def applied(self, road: Road) -> Road:
        """The road with the operator's addresses and certificate.

        Raises:
            ValueError: an address no bank can have, or none at all.
        """
        ours = {one.name for one in fields(self)} & {one.name for one in fields(Road)}
        changed = replace(
            road, **{name: getattr(self, name) for name in ours if getattr(self, name)}
        )
        if not changed.base_url.startswith("https://"):
            raise ValueError(
                "base_url, the bank's https address, which the catalogue does not know"
            )
        return changed

    def allowed(self, road: Road) -> Road:
        """The road of an interface without approaches the operator has not switched on.

        Raises:
            ValueError: none is left.
        """
        if self.embedded:
            return road
        left = tuple(one for one in road.approaches if one is not Approach.EMBEDDED)
        if not left:
            raise ValueError("embedded = true, because the bank offers no other way to sign in")
        return replace(road, approaches=left)


SettingsOf = Mapping[tuple[str, Environment], BankSettings]


def read_bank_settings(folder: Path | None) -> SettingsOf:
    """The files of a folder by target and environment; none without a folder.

    Raises:
        BadDataFile: a file cannot be used. The error never holds a secret.
        OSError: the folder or a file cannot be read.
    """
    if folder is None:
        return {}
    return {
        (path.stem, environment): _read(path)
        for environment in Environment
        for path in sorted((folder / environment.value.lower()).glob("*.toml"))
    }


def _read(path: Path) -> BankSettings:
    name = str(path)
    content = path.read_bytes()
    if len(content) > FILE_BYTES_MAX:
        raise BadDataFile(name, "file", f"at most {FILE_BYTES_MAX} bytes", f"{len(content)} bytes")
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise BadDataFile(name, "file", "TOML in UTF-8", "something else") from None
    secret = table.pop(_SECRET, None)
    if secret is not None and not (isinstance(secret, str) and secret):
        raise BadDataFile(name, _SECRET, "text", "something else")
    settings = fill(BankSettings, table, file=name, key="settings")
    return replace(settings, client_secret=Secret(secret) if secret else None)
