"""Every XML reply: envelopes, errors, commands, sessions, the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo import errors
from opensaldo.domain.command import CommandState
from opensaldo.domain.target import AccountType
from opensaldo.wire import xml_v1
from opensaldo.wire.names import STATUS_LINES
from opensaldo.wire.schema import SCHEMA_NAMES, schema_file
from opensaldo.wire.text import allowed, clean_text
from tests.support import builders as a
from tests.support.xsd import checked, faults, parsed

AT = datetime(2026, 3, 2, 10, 15, 30, 999999, tzinfo=UTC)
DOCS = "https://docs.example.org"
KNOWN = xml_v1.Envelope(DOCS, AT, a.CLIENT_ID)
OWNED = xml_v1.Envelope(DOCS, AT, a.CLIENT_ID, a.OWNER_EXTERNAL_ID)
OWNER_IDS = st.text(min_size=1, max_size=255)


def every_error() -> Iterator[type[errors.OpenSaldoError]]:
    """The whole tree of errors, its root included."""
    waiting = [errors.OpenSaldoError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__ == errors.__name__:
            yield kind


ERRORS = sorted(every_error(), key=lambda kind: kind.__name__)


def made(kind: type[errors.OpenSaldoError]) -> errors.OpenSaldoError:
    """An error of this kind with its default message."""
    if kind is errors.BankAnsweredNonsense:
        return errors.BankAnsweredNonsense("accounts[0].iban", "a text")
    return kind()


# --- envelopes -----------------------------------------------------------------------------------
def test_a_success_has_its_attributes_in_order_and_its_schema():
    inner = xml_v1.session(a.SESSION_ID, "ab" * 32)
    reply = xml_v1.reply(OWNED, schema="session", status=200, inner=inner)
    assert reply.decode() == (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<reply xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:noNamespaceSchemaLocation="https://docs.example.org/schema/v1/session.xsd"'
        ' status="200 OK" user="acme-test" ownerExternalId="loan-7781"'
        ' responseTimestamp="2026-03-02T10:15:30Z">\n'
        f'  <session id="50100011" signature="{"ab" * 32}"/>\n'
        "</reply>\n"
    )


@given(OWNER_IDS)
def test_the_owner_id_comes_back_as_it_was_sent(owner_id: str):
    envelope = xml_v1.Envelope(DOCS, AT, a.CLIENT_ID, owner_id)
    reply = xml_v1.reply(envelope, schema="delete_data", status=200, inner=xml_v1.empty())
    assert parsed(reply).get("ownerExternalId") == allowed(owner_id)


def test_a_done_reply_is_empty():
    reply = xml_v1.reply(OWNED, schema="delete_data", status=200, inner=xml_v1.empty())
    assert reply.endswith(b'Z"></reply>\n')
    checked(reply)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_a_reply(kind: type[errors.OpenSaldoError]):
    error = made(kind)
    root = checked(xml_v1.error_reply(KNOWN, error))
    assert list(root.attrib) == ["status", "user", "responseTimestamp"]
    assert root.get("status") == STATUS_LINES[error.http_status]
    exception = root[0]
    assert exception.get("name") == error.wire_name
    assert exception.findtext("message") == error.message


@given(st.text().filter(lambda text: clean_text(text) is not None))
def test_a_hostile_message_stays_a_message(message: str):
    root = checked(xml_v1.error_reply(OWNED, errors.InvalidParameter(message)))
    assert root.findtext("exception/message") == clean_text(message)
    assert root.get("ownerExternalId") == a.OWNER_EXTERNAL_ID


def test_an_error_may_go_out_under_another_status():
    error = errors.ManualActionRequired()
    root = checked(xml_v1.error_reply(xml_v1.Envelope(DOCS, AT), error, status=409))
    assert root.get("status") == "409 Conflict"
    assert root.get("user") is None


def test_the_401_names_neither_user_nor_factor():
    reply = xml_v1.unauthorized_reply(
        AT, xml_v1.mask("203.0.113.57"), xml_v1.mask(None), "https://p", "s@example.com", DOCS
    )
    assert reply.decode() == (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<reply status="401 Unauthorized" responseTimestamp="2026-03-02T10:15:30Z">\n'
        "  <comment>\n"
        "    This request could not be authorised.\n"
        "    Your address: 20********57\n"
        "    Your API key: none\n"
        "    Check both in the portal (https://p) or write to s@example.com.\n"
        "    Documentation: https://docs.example.org\n"
        "  </comment>\n"
        "</reply>\n"
    )
    checked(reply)


@given(st.text())
def test_any_key_can_be_shown_masked(key: str):
    shown = xml_v1.mask(key)
    checked(xml_v1.unauthorized_reply(AT, "none", shown, "https://p", "s@example.com", DOCS))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, "none"),
        ("", "none"),
        ("a", "*"),
        ("abcd", "****"),
        ("abcde", "ab*de"),
        ("a0" + "7" * 60 + "93", "a0" + "*" * 60 + "93"),
        ("ab" + "x" * 10**6 + "yz", "ab" + "*" * 124 + "yz"),
    ],
)
def test_masks_show_two_characters_at_each_end(text: str | None, shown: str):
    assert xml_v1.mask(text) == shown


# --- commands ------------------------------------------------------------------------------------
def polled(*, schema: str = "default_import", status: int = 200, inner: bytes) -> bytes:
    """A poll's reply."""
    return xml_v1.reply(KNOWN, schema=schema, status=status, inner=inner)


def test_a_command_in_setup_keeps_its_target_to_itself():
    command = xml_v1.command(a.a_command())
    assert command.decode() == (
        '  <command id="701000123" state="setup" name="DefaultImportCommand">\n'
        "    <progress><value>0</value></progress>\n"
        "  </command>\n"
    )
    checked(polled(inner=command))
    reply = xml_v1.reply(OWNED, schema="command_setup", status=202, inner=command)
    assert checked(reply).get("status") == "202 Accepted"


@pytest.mark.parametrize("state", list(CommandState))
def test_a_poll_is_valid_in_every_state(state: CommandState):
    done = state is CommandState.SUCCESSFUL
    inner = xml_v1.command(
        a.a_command(state), result=xml_v1.result(a.a_holdings()) if done else None
    )
    command = checked(polled(inner=inner))[0]
    assert command.get("state") == state.value
    names = ["id", "state", "name", "target", "institution"]
    assert list(command.attrib) == (names if state is not CommandState.SETUP else names[:3])
    failed = state in (CommandState.ERROR, CommandState.FATAL)
    children = ["progress"] + ["result"] * done + ["exception"] * failed
    assert [child.tag for child in command] == children


def test_a_running_command_without_a_target_leaves_it_out():
    command = a.a_command(CommandState.IN_PROGRESS, target=None, institution=None)
    assert checked(polled(inner=xml_v1.command(command)))[0].get("target") is None


def test_a_failed_command_tells_why():
    command = a.a_command(CommandState.ERROR, progress=35, failure=a.a_failure(message="a <b>"))
    assert xml_v1.command(command, friendly_message="Zaloguj się & już.").decode() == (
        '  <command id="701000123" state="error" name="DefaultImportCommand"'
        ' target="KontoBank" institution="KontoBank">\n'
        "    <progress><value>35</value></progress>\n"
        '    <exception name="SessionExpired">\n'
        "      <message>a &lt;b&gt;</message>\n"
        "      <friendlyMessage>Zaloguj się &amp; już.</friendlyMessage>\n"
        "    </exception>\n"
        "  </command>\n"
    )


def test_a_failed_command_without_a_reason_is_our_defect():
    command = checked(polled(inner=xml_v1.command(a.a_command(CommandState.FATAL))))[0]
    exception = command.find("exception")
    assert exception is not None
    assert exception.get("name") == "InternalError"
    assert exception.findtext("message") == errors.Defect().message


def test_the_result_stands_in_the_command_as_it_was_stored():
    stored = xml_v1.result(a.a_holdings())
    inner = xml_v1.command(a.a_command(CommandState.SUCCESSFUL), result=stored)
    assert b"    <result>\n" + stored + b"    </result>\n  </command>\n" in inner


def test_a_sign_out_is_done_at_once():
    reply = polled(schema="sign_out", inner=xml_v1.sign_out("701000125", "KontoBank", "KontoBank"))
    command = checked(reply)[0]
    assert dict(command.attrib) == {
        "id": "701000125",
        "state": "successful",
        "name": "SignOutCommand",
        "target": "KontoBank",
        "institution": "KontoBank",
    }
    assert command.findtext("progress/value") == "100"
    checked(polled(schema="sign_out", inner=xml_v1.sign_out("701000125")))


def test_a_session_shows_its_access_when_asked_for():
    inner = xml_v1.session(a.SESSION_ID, "ab" * 32, "cd" * 32)
    root = checked(xml_v1.reply(OWNED, schema="session", status=200, inner=inner))
    assert root.findtext("session/multipleAccessId") == "cd" * 32


# --- the catalogue -------------------------------------------------------------------------------
def catalogue(inner: bytes) -> bytes:
    """The catalogue's reply."""
    return xml_v1.reply(KNOWN, schema="get_command_catalog", status=200, inner=inner)


def test_a_fallback_target_shows_its_login():
    assert xml_v1.catalog([a.a_target()]).decode() == (
        "  <targets>\n"
        '    <target country="pl" name="KontoBank" institution="KontoBank"'
        ' officialName="KontoBank" officialUrl="https://bank.example.org"'
        ' loginName="Mock username" beta="true">\n'
        "      <supportedAccountTypes>"
        '<supportedAccountType name="Individual"/></supportedAccountTypes>\n'
        '      <commands><command name="DefaultImportCommand"/>'
        '<command name="ImportCreditCardsCommand"/></commands>\n'
        "      <credentialsMetadata>\n"
        '        <credentialMetadata kind="STATIC_LOGIN"><name>Mock username</name>'
        "<supported>true</supported><asterisked>false</asterisked></credentialMetadata>\n"
        "      </credentialsMetadata>\n"
        "    </target>\n"
        "  </targets>\n"
    )


def test_a_psd2_target_shows_its_multiple_access():
    plain = a.a_psd2_target(name="OtherApi", multiple_access=False)
    root = checked(catalogue(xml_v1.catalog([a.a_psd2_target(), plain, a.a_target()])))
    assert [target.get("psd2") for target in root[0]] == ["true", "true", None]
    shown = [target.findtext("multipleAccess") for target in root[0]]
    assert shown == ["true", "false", None]
    assert root[0][0].findtext("credentialsMetadata/credentialMetadata/name") == ""


def test_only_the_first_credential_carries_the_login_name():
    target = a.a_target(credentials=("STATIC_LOGIN", "PASSPORT"))
    root = checked(catalogue(xml_v1.catalog([target])))
    assert [name.text for name in root.iter("name")] == ["Mock username", None]


def test_favicons_are_shown_when_wanted_and_known():
    targets = [a.a_target(account_types=tuple(AccountType)), a.a_target(name="Other")]

    def url(target):
        return f"https://icons.example.org/{target.name}.svg" if target.name != "Other" else None

    shown = checked(catalogue(xml_v1.catalog(targets, favicon_url=url)))
    assert [target.findtext("favicon") for target in shown[0]] == [
        "https://icons.example.org/KontoBank.svg",
        None,
    ]
    hidden = checked(catalogue(xml_v1.catalog(targets, favicons=False, favicon_url=url)))
    assert hidden.findtext(".//favicon") is None


def test_a_catalogue_without_targets_is_valid():
    checked(catalogue(xml_v1.catalog([])))


# --- the schemas ---------------------------------------------------------------------------------
def test_every_schema_is_served_and_includes_the_types_beside_it():
    for name in SCHEMA_NAMES:
        schema = schema_file(name)
        assert schema is not None
        assert (b'schemaLocation="types.xsd"' in schema) == (name != "types")
    assert schema_file("../../__init__") is None


POLL = polled(
    inner=xml_v1.command(a.a_command(CommandState.SUCCESSFUL), result=xml_v1.result(a.a_holdings()))
).decode()
SPOILT = [
    ("10:15:30Z", "10:15:30.5Z"),
    ("10:15:30Z", "10:15:30+01:00"),
    ('status="200 OK"', 'status="200 Fine"'),
    ('user="acme-test" ', ""),
    (' responseTimestamp="', ' ownerExternalId="x" responseTimestamp="'),
    ('id="701000123"', 'id="701"'),
    ('state="successful"', 'state="cancelled"'),
    ("DefaultImportCommand", "SignOutCommand"),
    ("<value>100<", "<value>101<"),
    ("<value>100<", "<value>+1<"),
    ("-41.20", "-41.2"),
    ("-41.20", "-0.00"),
    ("-41.20", "+41.20"),
    ("-41.20", "1,041.20"),
    ("2026-02-27", "2026-02-30"),
    ("2026-02-27", "2026-02-27Z"),
    (">PLN<", ">zł<"),
    (">ZAKUPY 0412<", "><"),
    (">DONE<", ">BOOKED<"),
    (">CO_OWNER<", ">CO-OWNER<"),
    ('available="true"', 'available="yes"'),
    ("<account>", '<account partialDueToTimeout="false">'),
    ("<friendlyName>Moje konto</friendlyName>", "<surprise/>"),
    ("<accounts>", "<deposits></deposits><accounts>"),
]


@pytest.mark.parametrize(("good", "bad"), SPOILT)
def test_the_schema_finds_what_is_spoilt(good: str, bad: str):
    assert faults(POLL.encode()) == []
    assert good in POLL
    assert faults(POLL.replace(good, bad).encode()) != []
