"""Many pages and many accounts: all rows, in order, once."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.e2e.checked import JSON, CheckedApi, days_of, rows_of
from tests.e2e.fixtures import DATABASES, World
from tests.support.platform import command_of, state_of

FAR_BACK = "2021-06-01"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_list_of_many_pages_is_read_to_its_end(world: World, api: CheckedApi):
    session = api.mock_session("bench-1x3000", ownerExternalId="loan-7781")
    ended = api.finished(session, since=FAR_BACK)
    assert state_of(ended) == "successful"
    assert len(rows_of(ended)) == 3000
    assert days_of(ended) == sorted(days_of(ended), reverse=True)
    calls = Counter(row["endpoint"] for row in world.bank.log())
    assert calls["getTransactionsDone"] >= 6
    receipt = api.call(
        "GET", f"/v1/command/{command_of(ended).attrib['id']}.xml", accept=JSON
    ).json["receipt"]
    assert receipt["outcome"] == "complete"
    assert receipt["pages"] == calls["getTransactionsDone"] + 2
    assert [receipt[name] for name in ("accounts", "rows", "fetched", "new")] == [
        1,
        3000,
        3000,
        3000,
    ]
    assert [check["gap"] for check in receipt["balances"]] == [0]
    assert len(rows_of(api.data("loan-7781"))) == 3000


def test_many_accounts_are_all_read(api: CheckedApi):
    ended = api.imported("bench-12x20", since=FAR_BACK)
    accounts = ended.xml.findall(".//result/accounts/account")
    assert [len(account.findall(".//moneyTransaction")) for account in accounts] == [20] * 12
    assert len({account.findtext("iban") for account in accounts}) == 12


def test_an_account_without_a_transaction_is_an_account(api: CheckedApi):
    ended = api.imported("bench-1x0", ownerExternalId="loan-7781", since=FAR_BACK)
    assert state_of(ended) == "successful"
    (account,) = ended.xml.findall(".//result/accounts/account")
    assert account.find("moneyTransactions/moneyTransaction") is None
    assert api.data("loan-7781").status == 200
