"""How one country's pages write amounts, days and account numbers."""

from datetime import date

THIN = "\u00a0"
GROUP = 3
POINTED = ("es", "pt", "ro")  # 1.234,56
SLASHED = ("es", "pt")
ISO = ("lt",)
CENTRAL = ("pl", "cz")  # their CSV files are Windows-1250


def amount(minor: int, country: str) -> str:
    """Hundredths as people read them: -1 234,56 with a blank that does not break."""
    mark = "." if country in POINTED else THIN
    whole = f"{abs(minor) // 100:,}".replace(",", mark)
    return f"{'-' if minor < 0 else ''}{whole},{abs(minor) % 100:02d}"


def plain_amount(minor: int) -> str:
    """Hundredths as a spreadsheet takes them: -1234,56."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100},{abs(minor) % 100:02d}"


def day(when: date | None, country: str) -> str:
    """A day in the country's form; empty for none."""
    if when is None:
        return ""
    if country in ISO:
        return when.isoformat()
    return when.strftime("%d/%m/%Y" if country in SLASHED else "%d.%m.%Y")


def grouped(number: str) -> str:
    """An account number in groups of four."""
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))


def charset(country: str) -> str:
    """In which encoding the country's CSV files come."""
    return "windows-1250" if country in CENTRAL else "utf-8"
