"""What the sample lender's form accepts, and what becomes of failed imports."""

from __future__ import annotations

import pytest

from tests.support.shop import part

applications = part("applications")
GOOD = {"name": "Danuta Próbniak", "amount": "4000", "months": "12"}


def test_a_good_form_is_an_application_with_an_owner_id_of_its_own():
    one, other = (applications.application_of(GOOD) for _ in range(2))
    assert (one.name, one.amount, one.months) == ("Danuta Próbniak", 4000, 12)
    assert one.owner.startswith("loan-")
    assert one.owner != other.owner


@pytest.mark.parametrize(
    "wrong",
    [
        *({"name": name} for name in ("", "  ", "x" * 101)),
        *(
            {"amount": one}
            for one in (
                "",
                "499",
                "50001",
                "-1",
                "1e4",
                "12.5",
                "٤٠٠٠",
                "9" * 5000,
                "0000006000000",
            )
        ),
        *({"months": one} for one in ("", "0", "13", "x")),
    ],
)
def test_a_bad_form_is_told_in_a_sentence(wrong: dict[str, str]):
    with pytest.raises(ValueError, match=r"^(Please|We) .*\.$"):
        applications.application_of({**GOOD, **wrong})


def an_import(number: int, state: str, failure: str | None = None):
    return applications.Import(f"s{number}", f"c{number}", "KontoBank", state, 0, failure)


def test_a_new_try_takes_the_place_of_those_that_failed():
    application = applications.application_of(GOOD)
    application.add(an_import(1, "successful"))
    application.add(an_import(2, "error", "IO"))
    assert [one.command_id for one in application.failed] == ["c2"]
    assert application.ended
    application.add(an_import(3, "setup"))
    assert [one.command_id for one in application.imports] == ["c1", "c3"]
    assert not application.ended
