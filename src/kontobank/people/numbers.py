"""Account and personal numbers with right check digits, from ranges no bank or state gives out.

Polish, Czech and Spanish accounts use the unassigned bank codes 9990…; Portuguese, Lithuanian and
Estonian ones 9990, 99900 and 99; Romanian and Latvian ones the bank word XKTB.
"""

from datetime import date

from kontobank import seeds

IBAN_MODULUS = 97
BANK_WORD = "XKTB"
PL_BANK_WEIGHTS = (3, 9, 7, 1, 3, 9, 7)
CZ_WEIGHTS = (6, 3, 7, 9, 10, 5, 8, 4, 2, 1)
ES_WEIGHTS = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
NIP_WEIGHTS = (6, 5, 7, 2, 3, 4, 5, 6, 7)
PESEL_CENTURY_2200 = 60  # added to the month: a birth in 22xx, which no living person has


def iban(country: str, bban: str) -> str:
    """The IBAN of a national account number, with its two check digits."""
    country = country.upper()
    check = IBAN_MODULUS + 1 - iban_remainder(f"{country}00{bban}")
    return f"{country}{check:02d}{bban}"


def iban_remainder(text: str) -> int:
    """The ISO 7064 remainder of an IBAN; 1 for a right one."""
    turned = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % IBAN_MODULUS


def weighted(number: str, weights: tuple[int, ...]) -> int:
    """The sum of digits times weights, position by position."""
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True))


def account_iban(country: str, *parts: seeds.Part) -> str:
    """A synthetic IBAN of the country for the parts; national check digits are right too."""
    return iban(country, _BBAN[country](parts))


def _pl(parts: tuple[seeds.Part, ...]) -> str:
    code = "9990000"
    check = -weighted(code, PL_BANK_WEIGHTS) % 10
    return f"{code}{check}0000{seeds.digits('pl', *parts, length=12)}"


def _cz(parts: tuple[seeds.Part, ...]) -> str:
    for attempt in range(100):
        head = "29" + seeds.digits("cz", *parts, attempt, length=7)
        check = -weighted(head + "0", CZ_WEIGHTS) % 11
        if check < 10:
            return f"9990000000{head}{check}"
    raise AssertionError("one head in eleven has no check digit, not a hundred in a row")


def _es_check(ten: str) -> str:
    check = 11 - weighted(ten, ES_WEIGHTS) % 11
    return {10: "1", 11: "0"}.get(check, str(check))


def _es(parts: tuple[seeds.Part, ...]) -> str:
    number = "00" + seeds.digits("es", *parts, length=8)
    return f"99900001{_es_check('0099900001')}{_es_check(number)}{number}"


def _pt(parts: tuple[seeds.Part, ...]) -> str:
    head = "99900000" + "000" + seeds.digits("pt", *parts, length=8)
    return f"{head}{IBAN_MODULUS + 1 - int(head) * 100 % IBAN_MODULUS:02d}"


def _ro(parts: tuple[seeds.Part, ...]) -> str:
    return f"{BANK_WORD}0000{seeds.digits('ro', *parts, length=12)}"


def _lt(parts: tuple[seeds.Part, ...]) -> str:
    return f"99900{seeds.digits('lt', *parts, length=11)}"


def _lv(parts: tuple[seeds.Part, ...]) -> str:
    return f"{BANK_WORD}0{seeds.digits('lv', *parts, length=12)}"


def _ee(parts: tuple[seeds.Part, ...]) -> str:
    number = "00" + "000" + seeds.digits("ee", *parts, length=8)
    total = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(number)))
    return f"99{number}{-total % 10}"


_BBAN = {
    "pl": _pl,
    "cz": _cz,
    "es": _es,
    "pt": _pt,
    "ro": _ro,
    "lt": _lt,
    "lv": _lv,
    "ee": _ee,
}


def pesel(born_on: date, serial: int) -> str:
    """A Polish personal number with a right check digit and a birth in the 23rd century."""
    head = f"{born_on:%y}{born_on.month + PESEL_CENTURY_2200:02d}{born_on:%d}{serial % 10000:04d}"
    return f"{head}{-weighted(head, PESEL_WEIGHTS) % 10}"


def nip(serial: int) -> str:
    """A Polish tax number with a right check digit under the unassigned office code 999."""
    for number in range(serial, serial + 10):
        head = f"999{number % 1_000_000:06d}"
        check = weighted(head, NIP_WEIGHTS) % 11
        if check < 10:
            return f"{head}{check}"
    raise AssertionError("no ten numbers in a row lack a check digit")
