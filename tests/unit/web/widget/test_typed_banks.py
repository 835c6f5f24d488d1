import pytest

from opensaldo.web.widget.typed_banks import bank_address, bank_name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Bank   Spółdzielczy\tw Brodnicy ", "Bank Spółdzielczy w Brodnicy"),
        ("N26", "N26"),
        ("<b>Bank</b>", "<b>Bank</b>"),
        ("Banka 1905", "Banka 1905"),
    ],
)
def test_a_banks_name_is_one_line(typed: str, name: str) -> None:
    assert bank_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "x",
        "x" * 61,
        "12345",
        "konto 61 1090 1014 0000 0712",
        "jan@bank.example",
        "Bank\u202egnp",
        "Bank\x00",
        "\ud800bank",
    ],
)
def test_what_is_no_banks_name_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="bank"):
        bank_name(typed)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("", ""),
        ("www.bank.example", "https://www.bank.example"),
        ("http://Bank.Example:8443/login?user=jan#x", "https://bank.example"),
        ("https://bąnk.example", "https://xn--bnk-ipa.example"),
    ],
)
def test_an_address_is_an_origin_without_what_a_person_left_in_it(typed: str, address: str) -> None:
    assert bank_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "bank",
        "http://",
        "javascript:alert(1)",
        "ftp://bank.example",
        "https://jan:tajne@bank.example",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[bank",
        "https://bank..example",
        "a b.example",
        "https://-bank.example",
        "https://" + "a" * 64 + ".example",
        "https://" + "a." * 200 + "example",
        "bank.example\u202e",
        "x" * 301,
    ],
)
def test_what_is_no_public_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any reason is one
        bank_address(typed)
