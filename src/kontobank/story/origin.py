"""Only the bank's own page may move the bank: forms of other sites are refused."""

from urllib.parse import urlsplit

from starlette.requests import Request


def is_own(request: Request) -> bool:
    """Whether the form was sent by a page of this very address.

    A browser says so itself, by Sec-Fetch-Site or, an old one, by Origin; what says neither is no
    browser and has the switchboard.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", "")).netloc
    return bool(origin) and origin == request.headers.get("host", "")
