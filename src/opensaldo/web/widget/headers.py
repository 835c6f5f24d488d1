"""The headers of every sign-in page."""

from __future__ import annotations

from opensaldo.web.widget.addresses import origin

# Chromium holds form-action against every redirect that follows a form, to its end; banks and
# clients redirect among hosts of their own, so any https host, and loopback for KontoBank and demo.
BEYOND = "https: http://127.0.0.1:* http://localhost:*"

NOBODY = "'none'"


def page_headers(
    *,
    leads_out: bool = False,
    client_address: str | None = None,
    has_picture: bool = False,
    embedder: str | None = None,
) -> dict[str, str]:
    """The headers of a page.

    Nothing from elsewhere runs, and no script but our files; no page may frame it but the one it
    was made for; the bank learns no address of ours, so no redirection id either; nothing is kept
    in the browser's cache.

    Args:
        leads_out: whether a form of this page leads to a bank or back to the client.
        client_address: the client's address, allowed too when it is plain http (tests only).
        has_picture: whether the page carries a picture of the bank's in itself.
        embedder: the origin whose pages may frame it.
    """
    targets = ["'self'"]
    if leads_out:
        targets.append(BEYOND)
        targets.append(_source(client_address or ""))
    pictures = "'self' data:" if has_picture else "'self'"
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        f"img-src {pictures}; form-action {' '.join(filter(None, targets))}; base-uri 'none'; "
        f"frame-ancestors {embedder or NOBODY}"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def _source(address: str) -> str:
    """The address's origin when it is http and can stand in a policy as one source."""
    if not address.startswith("http://"):
        return ""
    host = origin(address).removeprefix("http://")
    is_plain = all(sign.isascii() and (sign.isalnum() or sign in ".-:") for sign in host)
    return "http://" + host if host and is_plain else ""
