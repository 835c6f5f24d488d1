"""Between the `access` of a consent as the standard writes it and a Wish."""

from typing import Any

from kontobank.access.consents import KINDS, AccountConsent, Wish
from kontobank.access.nouns import AccessRefused
from kontobank.world import World

SCOPES = ("allAccounts", "allAccountsWithOwnerName")
LISTS = ("availableAccounts", "availableAccountsWithBalance", "availableAccountsWithBalances")
REFERENCES_MAX = 200
REFERENCE_KEYS = ("iban", "bban", "pan", "maskedPan", "msisdn", "other")
NUMBER_CHARACTERS_MAX = 64


def read_wish(access: Any) -> Wish:
    """What a consent asks for, else AccessRefused 400.

    Source: NextGenPSD2 1.3.12, 6.3.1: detailed, without accounts, global, list of accounts.
    """
    if not isinstance(access, dict):
        raise _wrong("access is missing")
    shows_owner = _shows_owner(access)
    models = [name for name in ("allPsd2", *LISTS) if name in access]
    kinds = [kind for kind in KINDS if kind in access]
    if len(models) + bool(kinds) != 1:
        raise _wrong("access has one of: lists of accounts, allPsd2, availableAccounts")
    if kinds:
        return _by_account(access, kinds, shows_owner)
    name = models[0]
    if access[name] not in SCOPES:
        raise _wrong(f"access.{name}: allAccounts or allAccountsWithOwnerName")
    shows_owner |= access[name] == SCOPES[1]
    readable = KINDS if name == "allPsd2" else KINDS[:1] if name == LISTS[0] else KINDS[:2]
    model = "global" if name == "allPsd2" else "available"
    return Wish(model, dict.fromkeys(readable, ()), shows_owner, {name: access[name]})


def write_access(consent: AccountConsent, world: World | None) -> dict[str, Any]:
    """The `access` of a consent: what was granted, or what was asked for until then."""
    wish = consent.wish
    if world is None or wish.model in ("global", "available"):
        return dict(wish.asked)
    shown: dict[str, Any] = {
        kind: [_reference(world, number) for number in consent.granted(kind)] for kind in wish.named
    }
    if wish.shows_owner:
        owned = [_reference(world, number) for number in consent.granted("accounts")]
        shown["additionalInformation"] = {"ownerName": owned}
    return shown


def _by_account(access: dict[str, Any], kinds: list[str], shows_owner: bool) -> Wish:
    named = {kind: _numbers(kind, access[kind]) for kind in kinds}
    if any(named.values()) and not all(named.values()):
        raise _wrong("access: either all lists name accounts or none does")
    model = "detailed" if any(named.values()) else "offered"
    asked = {kind: access[kind] for kind in (*kinds, "additionalInformation") if kind in access}
    return Wish(model, {"accounts": (), **named}, shows_owner, asked)


def _numbers(kind: str, references: Any) -> tuple[str, ...]:
    if not isinstance(references, list) or len(references) > REFERENCES_MAX:
        raise _wrong(f"access.{kind} is a list of account references")
    return tuple(_number(kind, reference) for reference in references)


def _number(kind: str, reference: Any) -> str:
    if isinstance(reference, dict):
        for key in REFERENCE_KEYS:
            value = reference.get(key)
            if isinstance(value, dict):
                value = value.get("identification")
            if isinstance(value, str) and 0 < len(value) <= NUMBER_CHARACTERS_MAX:
                return value.replace(" ", "")
    raise _wrong(f"access.{kind}: an account reference names no account")


def _shows_owner(access: dict[str, Any]) -> bool:
    more = access.get("additionalInformation", {})
    if not isinstance(more, dict):
        raise _wrong("access.additionalInformation is an object")
    return isinstance(more.get("ownerName"), list)


def _reference(world: World, number: str) -> dict[str, str]:
    account = world.account(number)
    currency = {"currency": account.currency} if account else {}
    return {"iban": number, **currency}


def _wrong(text: str) -> AccessRefused:
    return AccessRefused(400, "FORMAT_ERROR", text)
