"""What the advanced imports refuse, by the names of the contract (sections 2.8 and 5.3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.checked import CheckedApi, sign_in
from tests.e2e.fixtures import World
from tests.support.platform import Reply, command_of, failure_of, state_of

COMMANDS = {
    "import-owners": "ImportOwnersDetailsCommand",
    "import-accounts": "ImportAccountsCommand",
    "import-account-transactions": "ImportAccountTransactionsCommand",
    "import-credit-cards": "ImportCreditCardsCommand",
    "import-credit-card-transactions": "ImportCreditCardTransactionsCommand",
}
UNKNOWN_IBAN = "PL90999000090000000000008152"
REST = {
    "import-account-transactions": {"iban": UNKNOWN_IBAN},
    "import-credit-card-transactions": {"cardNumber": "4000"},
}


def whole(name: str) -> dict[str, str]:
    """The parameters a command needs, well formed."""
    return REST.get(name, {})


def told(reply: Reply) -> tuple[int, str | None]:
    return reply.status, reply.exception


@pytest.fixture
def session(api: CheckedApi) -> tuple[str, str]:
    return api.mock_session("test3")


# --- of every command ---------------------------------------------------------------------------
@pytest.mark.parametrize("name", COMMANDS)
def test_the_session_is_checked_as_for_the_default_import(
    world: World, api: CheckedApi, session: tuple[str, str], name: str
):
    path = f"/v1/command/{name}.xml"
    assert told(api.call("POST", path, whole(name))) == (400, "InvalidParameter")
    no_signature = {"sessionId": session[0], **whole(name)}
    assert told(api.call("POST", path, no_signature)) == (400, "InvalidParameter")
    wrong = api.ordered((session[0], "0" * 64), name, **whole(name))
    assert told(wrong) == (400, "InvalidSessionIdSignature")
    assert told(api.ordered(("987654321", session[1]), name)) == (404, "InvalidSessionId")
    assert told(world.client().ordered(session, name)) == (404, "InvalidSessionId")
    made = api.started()
    waiting = made["sessionId"], made["sessionIdSignature"]
    assert told(api.ordered(waiting, name, **whole(name))) == (400, "NotSignedIn")
    world.later(minutes=6)
    assert told(api.ordered(session, name, **whole(name))) == (404, "InvalidSessionId")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_default_import_was_the_sessions_only_import(
    api: CheckedApi, session: tuple[str, str], name: str
):
    api.finished(session)
    refused = api.ordered(session, name, **whole(name))
    assert told(refused) == (400, "DefaultImportAlreadyExecuted")


@pytest.mark.parametrize("name", ["import-owners", "import-accounts", "import-credit-cards"])
def test_after_an_advanced_import_there_is_no_default_import(
    api: CheckedApi, session: tuple[str, str], name: str
):
    accepted = api.ordered(session, name)
    refused = api.submit(session)
    assert told(refused) == (400, "CommandNotAvailable")
    assert "DefaultImportCommand" in (refused.xml.findtext("exception/message") or "")
    assert state_of(api.poll(command_of(accepted).attrib["id"])) == "successful"
    assert told(api.submit(session)) == (400, "CommandNotAvailable")
    assert state_of(api.done(session, "import-owners")) == "successful"


def test_a_refused_command_leaves_the_session_as_it_was(api: CheckedApi, session: tuple[str, str]):
    refused = api.ordered(session, "import-account-transactions", iban=UNKNOWN_IBAN)
    assert told(refused) == (400, "InvalidIban")
    assert state_of(api.finished(session)) == "successful"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reply_is_xml_whatever_is_asked_for(
    api: CheckedApi, session: tuple[str, str], name: str
):
    form = {"sessionId": session[0], "sessionIdSignature": session[1], **whole(name)}
    reply = api.call("POST", f"/v1/command/{name}.xml", form, accept="application/json")
    assert reply.headers["content-type"].startswith("application/xml")
    assert "vary" not in reply.headers
    assert api.call("GET", f"/v1/command/{name}.xml").status == 405


@pytest.mark.parametrize("name", ["import-credit-cards", "import-credit-card-transactions"])
def test_where_a_target_has_no_cards_command_and_target_are_named(api: CheckedApi, name: str):
    session = api.mock_session(country="ro")
    refused = api.ordered(session, name, **whole(name))
    assert told(refused) == (400, "CommandNotAvailable")
    message = refused.xml.findtext("exception/message") or ""
    assert COMMANDS[name] in message
    assert "KontoBankApi_ro" in message
    assert state_of(api.done(session, "import-owners")) == "successful"


# --- parameters -----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["import-account-transactions", "import-credit-card-transactions"])
@pytest.mark.parametrize("since", ["2026-03-03", "2026-13-01", "yesterday", "1"])
def test_a_day_that_is_none_or_to_come_is_refused(
    api: CheckedApi, session: tuple[str, str], name: str, since: str
):
    refused = api.ordered(session, name, since=since, **whole(name))
    assert told(refused) == (400, "InvalidSince")


@pytest.mark.parametrize("name", ["import-accounts", "import-account-transactions"])
@pytest.mark.parametrize("fast", ["maybe", "TRUE", "1"])
def test_fast_is_true_or_false(api: CheckedApi, session: tuple[str, str], name: str, fast: str):
    refused = api.ordered(session, name, fast=fast, **whole(name))
    assert told(refused) == (400, "InvalidParameter")
    assert "fast" in (refused.xml.findtext("exception/message") or "")


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("import-account-transactions", "iban"), ("import-credit-card-transactions", "cardNumber")],
)
@pytest.mark.parametrize("sent_empty", [True, False])
def test_whose_transactions_is_required(
    api: CheckedApi, session: tuple[str, str], name: str, parameter: str, sent_empty: bool
):
    refused = api.ordered(session, name, **({parameter: ""} if sent_empty else {}))
    assert told(refused) == (400, "InvalidParameter")
    assert parameter in (refused.xml.findtext("exception/message") or "")


def ibans(reply: Reply, kind: str) -> list[str]:
    return [one.findtext("iban") or "" for one in reply.xml.iter(kind)]


Wrong = Callable[[CheckedApi, tuple[str, str]], str]
WRONG_IBANS: dict[str, Wrong] = {
    "malformed": lambda _api, _session: "not an iban",
    "nobody's": lambda _api, _session: UNKNOWN_IBAN,
    "another session's": lambda api, _session: ibans(
        api.done(api.mock_session("test2"), "import-accounts"), "account"
    )[0],
    "a card's": lambda api, session: ibans(api.done(session, "import-credit-cards"), "creditCard")[
        0
    ],
}


@pytest.mark.parametrize("wrong", WRONG_IBANS.values(), ids=WRONG_IBANS)
def test_an_iban_that_is_not_of_this_session_is_refused(
    api: CheckedApi, session: tuple[str, str], wrong: Wrong
):
    api.done(session, "import-accounts")
    iban = wrong(api, session)
    refused = api.ordered(session, "import-account-transactions", iban=iban)
    assert told(refused) == (400, "InvalidIban")
    assert iban not in refused.body.decode()


def test_an_iban_counts_only_once_the_accounts_were_imported(
    world: World, api: CheckedApi, session: tuple[str, str]
):
    (iban, _second) = ibans(api.imported("test3"), "account")
    api.done(session, "import-owners")
    asked = {"iban": iban}
    early = api.ordered(session, "import-account-transactions", **asked)
    assert told(early) == (400, "InvalidIban")
    world.bank.plan("slow", path="getAccount", delay_ms=500)
    running = command_of(api.ordered(session, "import-accounts")).attrib["id"]
    early = api.ordered(session, "import-account-transactions", **asked)
    assert told(early) == (400, "InvalidIban")
    api.poll(running)
    assert state_of(api.done(session, "import-account-transactions", **asked)) == "successful"


def test_a_card_that_is_not_of_this_session_is_an_argument_that_does_not_fit(
    api: CheckedApi, session: tuple[str, str]
):
    api.done(session, "import-credit-cards")
    (account, *_rest) = ibans(api.done(session, "import-accounts"), "account")
    for sent in ("4000", account):
        refused = api.ordered(session, "import-credit-card-transactions", cardNumber=sent)
        assert told(refused) == (400, "InvalidArgument")
        assert sent not in refused.body.decode()
    both = {"cardNumber": "1", "cardId": "2"}
    refused = api.ordered(session, "import-credit-card-transactions", **both)
    assert told(refused) == (400, "InvalidParameter")


# --- inside a command -----------------------------------------------------------------------------
FAULTS = {
    "test-io": "IO",
    "test-maintenance": "ServiceMaintenance",
    "test-down": "ServiceTemporarilyUnavailable",
    "test-expired": "SessionExpired",
}


@pytest.mark.parametrize(("login", "failure"), FAULTS.items(), ids=FAULTS)
def test_the_banks_faults_have_the_names_they_have_in_a_default_import(
    api: CheckedApi, login: str, failure: str
):
    assert failure_of(api.imported(login)) == failure
    ended = api.done(api.mock_session(login), "import-accounts")
    assert (state_of(ended), failure_of(ended)) == ("error", failure)


def test_a_session_that_is_signed_in_by_hand_serves_as_well(api: CheckedApi):
    made = api.started()
    sign_in(made["redirectionLink"], "test3")
    pair = made["sessionId"], made["sessionIdSignature"]
    assert state_of(api.done(pair, "import-accounts")) == "successful"
