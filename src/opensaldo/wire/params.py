"""What a request says: the parameters of its query and body, whatever form they came in.

Names and forms accepted side by side: wire contract, section 2.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import unquote_to_bytes

import msgspec

from opensaldo.errors import CallerError, InvalidParameter, InvalidSince, UnsupportedMediaType

ALIASES: dict[str, tuple[str, ...]] = {
    "multipleAccessId": ("multipleAccessToken",),
    "redirectUri": ("redirectUrl",),
    "ownerExternalId": ("externalOwnerId",),
    "cardNumber": ("cardId",),
    "accessMode": ("psd2.accessMode",),
    "maxImportDate": ("psd2.maxImportDate",),
    "forceSca": ("psd2.forceSca",),
}
OBJECT = "psd2"
GROUPS = frozenset({OBJECT, "styles", "autoImport"})
PARAMS_MAX = 1000
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

_FIRST_NAMES = {second: first for first, seconds in ALIASES.items() for second in seconds}
_IN_GROUP = re.compile(rf"({'|'.join(sorted(GROUPS))})\[([A-Za-z0-9]+)\]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FLAGS = {"true": True, "false": False}
_JSON_DECODER = msgspec.json.Decoder(float_hook=str)

_Pair = tuple[str, str | None]  # None: sent, but as something that is not one plain value


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of one request under their first names; its repr shows none of them.

    A name in the query hides the same name in the body. An empty text counts as not sent.
    """

    _sent: Mapping[str, tuple[str | None, ...]] = field(repr=False)

    @classmethod
    def read(cls, query: bytes, body: bytes = b"", content_type: str | None = None) -> Params:
        """Read the query first, then the body.

        Raises:
            InvalidParameter: not UTF-8, a NUL character, malformed JSON, too many parameters, or
                two names of one parameter with different values; no value is ever quoted.
            UnsupportedMediaType: the body is neither a form nor JSON.
        """
        sent = _grouped(_form(query, "query"))
        for name, values in _grouped(_body(body, content_type)).items():
            sent[name] = sent.get(name) or values
        return cls(_under_first_names(sent))

    def has(self, name: str) -> bool:
        """Whether the parameter was sent at all, even empty."""
        return _first(name) in self._sent

    def text(self, name: str) -> str | None:
        """The parameter's value; None when it was not sent or sent empty.

        Raises:
            InvalidParameter: sent with different values, or as a list or null-like structure.
        """
        values = self._sent.get(_first(name), ())
        if len(values) > 1 or None in values:
            raise InvalidParameter(f"The parameter {name} must have one plain value.")
        return values[0] if values else None

    def within(self, group: str) -> dict[str, str]:
        """The values of all parameters `group.name`, by name; those sent empty are left out."""
        start = group + "."
        found = {name: self.text(name) for name in self._sent if name.startswith(start)}
        return {name.removeprefix(start): value for name, value in found.items() if value}

    def required(self, name: str, error: type[CallerError] = InvalidParameter) -> str:
        """The parameter's value, which must be there."""
        value = self.text(name)
        if value is None:
            raise error(f"The parameter {name} is required.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """The parameter as a truth: exactly `true` or `false`."""
        value = self.text(name)
        if value is None:
            return default
        if value not in _FLAGS:
            raise InvalidParameter(f"The parameter {name} must be true or false.")
        return _FLAGS[value]

    def day(self, name: str, error: type[CallerError] | None = None) -> date | None:
        """The parameter as a date; `since` fails as InvalidSince, others as InvalidParameter."""
        value = self.text(name)
        if value is None:
            return None
        try:
            if not _DAY.fullmatch(value):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            fault = error or (InvalidSince if name == "since" else InvalidParameter)
            raise fault(f"The parameter {name} must be a date (YYYY-MM-DD).") from None


def _first(name: str) -> str:
    return _FIRST_NAMES.get(name, name)


# --- reading ---------------------------------------------------------------------------------
def _body(body: bytes, content_type: str | None) -> Iterable[_Pair]:
    if not body:
        return ()
    media_type = (content_type or FORM).partition(";")[0].strip().lower()
    if media_type == FORM:
        return _form(body, "body")
    if media_type == JSON:
        return _json(body)
    raise UnsupportedMediaType(f"The body must be {FORM} or {JSON}.")


def _form(data: bytes, where: str) -> Iterator[_Pair]:
    pieces = [piece for piece in data.split(b"&") if piece]
    if len(pieces) > PARAMS_MAX:
        raise InvalidParameter(f"The {where} holds more than {PARAMS_MAX} parameters.")
    for piece in pieces:
        name, _, value = piece.partition(b"=")
        yield _IN_GROUP.sub(r"\1.\2", _decoded(name, where)), _decoded(value, where)


def _decoded(data: bytes, where: str) -> str:
    try:
        text = unquote_to_bytes(data.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise InvalidParameter(f"The {where} is not valid UTF-8.") from None
    return _without_nul(text, where)


def _json(data: bytes) -> Iterator[_Pair]:
    try:
        document = _JSON_DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise InvalidParameter("The body is not valid JSON.") from None
    if not isinstance(document, dict):
        raise InvalidParameter("The body must be a JSON object.")
    pairs = list(_members(document))
    if len(pairs) > PARAMS_MAX:
        raise InvalidParameter(f"The body holds more than {PARAMS_MAX} parameters.")
    for name, value in pairs:
        checked = value if value is None else _without_nul(value, "body")
        yield _without_nul(name, "body"), checked


def _members(document: dict[str, object]) -> Iterator[_Pair]:
    """Each member as a parameter; those of a group carry its name: `psd2.accessMode`."""
    for name, value in document.items():
        if name in GROUPS and isinstance(value, dict):
            for inner, inner_value in value.items():
                yield f"{name}.{inner}", _plain(inner_value)
        elif name != OBJECT:
            yield name, _plain(value)
        elif value is not None:
            raise InvalidParameter(f"The member {OBJECT} must be an object.")


def _plain(value: object) -> str | None:
    """The value as text (null is empty), or None when it is not one plain value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | str):
        return str(value)
    return "" if value is None else None


def _without_nul(text: str, where: str) -> str:
    if "\0" in text:
        raise InvalidParameter(f"The {where} holds a NUL character.")
    return text


# --- sorting ---------------------------------------------------------------------------------
def _grouped(pairs: Iterable[_Pair]) -> dict[str, tuple[str | None, ...]]:
    """The different values of each name in order of arrival; empty ones leave only the name."""
    grouped: dict[str, dict[str | None, None]] = {}
    for name, value in pairs:
        values = grouped.setdefault(name, {})
        if value != "":
            values[value] = None
    return {name: tuple(values) for name, values in grouped.items()}


def _under_first_names(
    sent: dict[str, tuple[str | None, ...]],
) -> dict[str, tuple[str | None, ...]]:
    """The same parameters with each second name resolved.

    Raises:
        InvalidParameter: two names of one parameter disagree; names both.
    """
    resolved: dict[str, tuple[str | None, ...]] = {}
    said_by: dict[str, str] = {}
    for name, values in sent.items():
        first = _first(name)
        known = resolved.get(first)
        if known and values and known != values:
            raise InvalidParameter(
                f"The parameters {said_by[first]} and {name} mean the same and must agree."
            )
        if not known:
            resolved[first] = values
            said_by[first] = name
    return resolved
