"""How connections to banks are secured: whom we trust, and which certificate of ours we show.

Servers are always checked, name and chain; there is no setting that switches it off. An operator
may name further authorities, for KontoBank and for sandboxes.
"""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

from opensaldo.errors import Defect

CERTIFICATE_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


def client_context(
    folder: Path | None, certificate: str, authorities_file: Path | None
) -> ssl.SSLContext:
    """A context that checks servers and shows the certificate of this name, none when empty.

    Args:
        folder: holds `<certificate>.pem`: the key without password, then the certificate and its
            chain.
        certificate: the file's name without `.pem`.
        authorities_file: PEM certificates trusted besides the system's.

    Raises:
        Defect: a file is missing or cannot be read.
    """
    if authorities_file is None and not certificate:
        return _plain_context()
    context = _new_context()
    try:
        if authorities_file is not None:
            context.load_verify_locations(cafile=authorities_file)
        if certificate:
            context.load_cert_chain(certificate_path(folder, certificate))
    except (OSError, ssl.SSLError):
        what = f"certificate {certificate!r}" if certificate else "file of authorities"
        raise Defect(f"The {what} for calls to banks cannot be read.") from None
    return context


@cache
def _plain_context() -> ssl.SSLContext:
    """The one that shows no certificate and trusts the system's authorities: 20 ms to read."""
    return _new_context()


def _new_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def certificate_path(folder: Path | None, certificate: str) -> Path:
    """The file of one of our certificates.

    Raises:
        Defect: there is no folder, or the name is no plain name.
    """
    if folder is None or not certificate or set(certificate) - CERTIFICATE_NAME_CHARACTERS:
        raise Defect(f"There is no certificate of the name {certificate[:40]!r}.")
    return folder / f"{certificate}.pem"
