"""The catalogue of targets in XML (wire contract, section 9.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from opensaldo.domain.target import Interface, Target
from opensaldo.wire.xml_text import attribute, container, content, element, line

FaviconUrl = Callable[[Target], str | None]


def catalog(
    targets: Iterable[Target], *, favicons: bool = True, favicon_url: FaviconUrl | None = None
) -> bytes:
    """The targets in the order given; the favicon's address where one is asked for and known."""
    address = favicon_url if favicons else None
    body = "".join([_target(target, address) for target in targets])
    return container(1, "targets", body).encode()


def _target(target: Target, favicon_url: FaviconUrl | None) -> str:
    return container(
        2,
        "target",
        _named("supportedAccountTypes", "supportedAccountType", target.account_types)
        + _named("commands", "command", target.commands)
        + _credentials(target)
        + element(3, "favicon", favicon_url(target) if favicon_url else None)
        + _multiple_access(target),
        _target_attributes(target),
    )


def _target_attributes(target: Target) -> str:
    return (
        attribute("country", target.country)
        + attribute("name", target.name)
        + attribute("institution", target.institution)
        + attribute("officialName", target.official_name)
        + attribute("officialUrl", target.official_url)
        + attribute("loginName", target.login_name or None)
        + attribute("beta", "true" if target.beta else None)
        + attribute("psd2", "true" if target.interface is Interface.PSD2 else None)
    )


def _named(many: str, one: str, names: Iterable[str]) -> str:
    return line(3, many, "".join([f"<{one}{attribute('name', name)}/>" for name in names]))


def _credentials(target: Target) -> str:
    """One line per credential; the first one carries the login's name, the others none."""
    lines = []
    for position, kind in enumerate(target.credentials):
        name = content(target.login_name or "") if position == 0 else ""
        lines.append(
            f"        <credentialMetadata{attribute('kind', kind)}><name>{name}</name>"
            "<supported>true</supported><asterisked>false</asterisked></credentialMetadata>\n"
        )
    return container(3, "credentialsMetadata", "".join(lines))


def _multiple_access(target: Target) -> str:
    """Said of PSD2 targets only: over a fallback there is none to speak of (section 6)."""
    if target.interface is not Interface.PSD2:
        return ""
    return line(3, "multipleAccess", "true" if target.multiple_access else "false")
