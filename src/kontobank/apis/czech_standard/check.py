"""What every call must carry before anything is looked up (COBS 8.0, header parameters)."""

from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from kontobank.access.nouns import AccessRefused
from kontobank.apis.czech_standard.call import Call

REQUEST_ID_CHARACTERS = range(36, 61)
AUTHORIZATION_CHARACTERS_MAX = 1_024
USER_HEADERS = ("User-IP-Address", "User-IP-Port", "User-User-Agent")
PARAMETER_INVALID = "PARAMETER_INVALID"


class Invalid(AccessRefused):
    """A parameter the bank does not take; `scope` names it, `parameters` say more."""

    def __init__(
        self, code: str, message: str, scope: str, parameters: dict[str, str] | None = None
    ) -> None:
        super().__init__(400, code, message)
        self.scope, self.parameters = scope, parameters or {}


def check_headers(call: Call) -> None:
    """The headers the standard requires are there and mean something; the call knows them."""
    headers = call.headers
    text = headers.get("X-Request-ID", "")
    if len(text) not in REQUEST_ID_CHARACTERS:
        raise Invalid(PARAMETER_INVALID, "36 to 60 characters", "X-Request-ID")
    call.request_id = text
    for name in ("Content-Type", "Date", "User-Involved", "TPP-Name"):
        if not headers.get(name):
            raise Invalid(PARAMETER_INVALID, "the header is required", name)
    _check_date(headers["Date"])
    involved = headers["User-Involved"].lower()
    if involved not in ("true", "false"):
        raise Invalid(PARAMETER_INVALID, "true or false", "User-Involved")
    call.is_attended = involved == "true"
    told = [name for name in USER_HEADERS if name in headers]
    if told and not call.is_attended:
        raise Invalid(PARAMETER_INVALID, "no user is involved", told[0])


def bearer_of(call: Call) -> str:
    """The access token, else AccessRefused 401."""
    text = call.headers.get("Authorization", "")
    kind, _, value = text.partition(" ")
    if kind.lower() != "bearer" or not value or len(text) > AUTHORIZATION_CHARACTERS_MAX:
        raise AccessRefused(401, "UNAUTHORISED", "Authorization: Bearer is required")
    return value


def whole_of(call: Call, name: str, otherwise: int) -> int:
    """A whole number of the query, else AccessRefused 400."""
    text = call.query.get(name, str(otherwise))
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Invalid(PARAMETER_INVALID, "a whole number", name)
    return int(text)


def is_web_address(text: str) -> bool:
    """Whether a browser can be sent there and back."""
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not parts.fragment


def _check_date(text: str) -> None:
    """The moment of the call, as HTTP writes it or in seconds, else AccessRefused 400."""
    if text.isascii() and text.isdecimal():
        return
    try:
        parsedate_to_datetime(text)
    except ValueError as cause:
        raise Invalid(PARAMETER_INVALID, "a date of HTTP", "Date") from cause
