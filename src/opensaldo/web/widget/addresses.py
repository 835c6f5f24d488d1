"""Addresses on the way: back to the client, and where a form may have come from."""

from __future__ import annotations

from urllib.parse import unquote_plus, urlsplit, urlunsplit

REDIRECTION_ID = "redirectionId"
SAME_SITE_WORDS = frozenset({"same-origin", "none"})


def with_redirection_id(address: str, redirection_id: str) -> str:
    """The client's address with query parameter `redirectionId` added; all else stays as it was.

    A parameter of that name that stood there already gives way: the client must be able to trust
    the one it reads.

    >>> with_redirection_id("https://shop.example.com/back?order=7#top", "6c80")
    'https://shop.example.com/back?order=7&redirectionId=6c80#top'
    """
    parts = urlsplit(address)
    kept = [piece for piece in parts.query.split("&") if piece and not _is_ours(piece)]
    query = "&".join([*kept, f"{REDIRECTION_ID}={redirection_id}"])
    return urlunsplit(parts._replace(query=query))


def origin(address: str) -> str:
    """The origin an address belongs to.

    >>> origin("http://127.0.0.1:8400/return?a=b")
    'http://127.0.0.1:8400'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def is_own_post(fetch_site: str | None, sent_origin: str | None, own: frozenset[str]) -> bool:
    """Whether a form was sent from one of our own pages, or by a program that is no browser.

    Sec-Fetch-Site decides where the browser sends it (all since 2023). Older ones send Origin:
    ours or, because our pages ask for no referrer, `null`. A foreign page could forge `null` in
    such a browser only, and would still have to know the 128-bit id in the link.

    Args:
        fetch_site: the header Sec-Fetch-Site.
        sent_origin: the header Origin.
        own: our origins.
    """
    if fetch_site is not None:
        return fetch_site in SAME_SITE_WORDS
    return sent_origin in {None, "null"} | own


def _is_ours(piece: str) -> bool:
    return unquote_plus(piece.partition("=")[0]) == REDIRECTION_ID
