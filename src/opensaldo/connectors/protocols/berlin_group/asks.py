"""What a person is asked on our own pages, and how it is sent on: at once, and never kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opensaldo.connectors.base import ACCOUNT_NUMBERS, Ask, Field, FieldKind, SignInRequest
from opensaldo.connectors.protocols.berlin_group.consents import ConsentAnswer
from opensaldo.errors import InvalidCredentials

LOGIN = "login"
PASSWORD = "password"  # noqa: S105 - a field's name
METHOD = "method"
CODE = "code"
LOGIN_CHARACTERS_MAX = 128
CODE_CHARACTERS_MAX = 64
ACCOUNTS_CHARACTERS_MAX = 1_000
ACCOUNTS_MAX = 20
ACCOUNT_CHARACTERS = range(8, 35)


def questions(
    request: SignInRequest, memory: Mapping[str, str], *, login: bool, accounts: bool
) -> Ask:
    """What the bank must know before the consent."""
    fields = [_login(request)] if login else []
    if accounts:
        fields.append(
            Field(
                name=ACCOUNT_NUMBERS,
                kind=FieldKind.TEXT,
                label="IBAN",
                characters_max=ACCOUNTS_CHARACTERS_MAX,
            )
        )
    return Ask(fields=tuple(fields), memory=memory)


def login(memory: Mapping[str, str], said: ConsentAnswer, request: SignInRequest) -> Ask:
    """Who the person is at the bank."""
    return Ask(fields=(_login(request),), text=said.message, memory=memory)


def password(memory: Mapping[str, str], said: ConsentAnswer, request: SignInRequest) -> Ask:
    """Who the person is at the bank, and their password there."""
    secret = Field(name=PASSWORD, kind=FieldKind.HIDDEN)
    return Ask(fields=(_login(request), secret), text=said.message, memory=memory)


def method(memory: Mapping[str, str], said: ConsentAnswer) -> Ask:
    """Which of the bank's ways the person will authorise by."""
    options = tuple((one.id, one.name) for one in said.methods)
    field = Field(name=METHOD, kind=FieldKind.CHOICE, credential="CHOICE", options=options)
    return Ask(fields=(field,), text=said.message, memory=memory)


def code(memory: Mapping[str, str], said: ConsentAnswer | None) -> Ask:
    """The code the bank sent, or that follows from its challenge."""
    if said is None:
        field = Field(name=CODE, kind=FieldKind.CODE, characters_max=CODE_CHARACTERS_MAX)
        return Ask(fields=(field,), memory=memory)
    challenge = said.challenge
    words = (said.message, said.method.name if said.method else "", challenge.text)
    longest = challenge.characters_max or CODE_CHARACTERS_MAX
    field = Field(name=CODE, kind=FieldKind.CODE, characters_max=longest)
    return Ask(
        fields=(field,),
        text=" ".join(word for word in words if word),
        picture=challenge.picture,
        picture_type=challenge.picture_type,
        memory=memory,
    )


def typed(phase: str, answer: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers that carry what was typed.

    Raises:
        InvalidCredentials: something was left empty, or no header can carry it.
    """
    if phase == "login":
        return {}, login_header(answer, is_needed=True)
    if phase == "password":
        secret = _present(answer, PASSWORD)
        return {"psuData": {"password": secret}}, login_header(answer, is_needed=True)
    if phase == "method":
        return {"authenticationMethodId": _present(answer, METHOD)}, {}
    if phase == "confirmation":
        return {"confirmationCode": _present(answer, CODE).strip()}, {}
    return {"scaAuthenticationData": _present(answer, CODE).strip()}, {}


def login_header(answer: Mapping[str, str], *, is_needed: bool = False) -> dict[str, str]:
    """The header that names the person to the bank; none where they were not asked.

    Raises:
        InvalidCredentials: no header can carry what was typed.
    """
    if LOGIN not in answer and not is_needed:
        return {}
    name = _present(answer, LOGIN).strip()
    if not name.isascii() or not name.isprintable():
        raise InvalidCredentials
    return {"PSU-ID": name}


def account_numbers(answer: Mapping[str, str]) -> tuple[str, ...]:
    """The account numbers that were typed, separated by commas, semicolons or lines.

    Raises:
        InvalidCredentials: one of them cannot be an account number.
    """
    if ACCOUNT_NUMBERS not in answer:
        return ()
    text = answer[ACCOUNT_NUMBERS].replace(";", ",").replace("\n", ",").upper()
    numbers = [number for one in text.split(",") if (number := "".join(one.split()))]
    fits = all(one.isalnum() and len(one) in ACCOUNT_CHARACTERS for one in numbers)
    if not 0 < len(numbers) <= ACCOUNTS_MAX or not fits:
        raise InvalidCredentials("These are not account numbers.")
    return tuple(dict.fromkeys(numbers))


def _login(request: SignInRequest) -> Field:
    return Field(
        name=LOGIN,
        kind=FieldKind.TEXT,
        credential="STATIC_LOGIN",
        label=request.target.login_name or "",
        characters_max=LOGIN_CHARACTERS_MAX,
    )


def _present(answer: Mapping[str, str], name: str) -> str:
    value = answer.get(name, "")
    if not value.strip():
        raise InvalidCredentials
    return value
