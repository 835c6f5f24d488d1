"""The wire contract's own examples: built from nouns, rendered, compared element by element.

The contract lies outside the tree (`OPENSALDO_SHARED`, or `../shared` beside the checkout); where
it is absent the examples are skipped, and the unit tests of `wire` still guard the same laws.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from opensaldo.domain.account import Holdings
from opensaldo.domain.command import CommandName, CommandState
from opensaldo.domain.session import RedirectionState
from opensaldo.errors import InvalidSessionId
from opensaldo.web.api.commands import ADVANCED
from opensaldo.wire import json_v1, xml_v1
from tests.support import builders as a
from tests.support.xsd import checked, faults, parsed

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = Path(os.environ.get("OPENSALDO_SHARED", ROOT.parent / "shared")) / "contract" / "wire.md"
DOCS = "https://docs.example.org"
SIGNATURE = "42ea17eb9e522a34bdb9fe20e4ec5168a6c7490ff4ff36f3a10880f0e017ad52"
ACCESS = "b50f017609f2adab48443e471d17977bd00e98cbb4838e4b5015ae2b691f9c4d"
LINK = f"https://signin.example.org/redirection/{a.REDIRECTION_ID}"

ADVANCED_NAMES = (
    CommandName.IMPORT_OWNERS,
    CommandName.IMPORT_ACCOUNTS,
    CommandName.IMPORT_ACCOUNT_TRANSACTIONS,
    CommandName.IMPORT_CARDS,
    CommandName.IMPORT_CARD_TRANSACTIONS,
)

pytestmark = pytest.mark.skipif(
    not CONTRACT.is_file(), reason=f"the wire contract is not at {CONTRACT}"
)


# --- reading the contract ------------------------------------------------------------------------
@cache
def section(number: str) -> str:
    """The text of one section, its sub-sections not included."""
    text = CONTRACT.read_text(encoding="utf-8")
    found = re.search(rf"^###? {re.escape(number)}[. ].*?(?=^##)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, number
    return str(found[0])


def example(number: str, kind: str, position: int = 0) -> str:
    """One of a section's fenced examples."""
    return re.findall(rf"```{kind}\n(.*?)```", section(number), re.DOTALL)[position]


def at(text: str) -> datetime:
    """The moment an example was made."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def tree(element: etree._Element) -> tuple[object, ...]:
    """What a reader sees: name, attributes in order, text, children in order."""
    text = element.text or ""
    return (
        element.tag,
        tuple(element.attrib.items()),
        text if text.strip() else "",
        tuple(tree(child) for child in element),
    )


def same_xml(reply: bytes, expected: str) -> None:
    """The reply and the example are the same to a reader, and the schema agrees with the reply."""
    assert tree(checked(reply)) == tree(etree.fromstring(expected.encode()))


def envelope(moment: str, owner: str | None = None) -> xml_v1.Envelope:
    """The envelope of the examples."""
    return xml_v1.Envelope(DOCS, at(moment), a.CLIENT_ID, owner)


# --- XML -----------------------------------------------------------------------------------------
def setup() -> bytes:
    return xml_v1.reply(
        envelope("2026-03-02T10:00:00Z", a.OWNER_EXTERNAL_ID),
        schema="command_setup",
        status=202,
        inner=xml_v1.command(a.a_command()),
    )


def failure() -> bytes:
    error = InvalidSessionId("No such session.")
    return xml_v1.error_reply(envelope("2026-03-02T10:15:30Z"), error)


def failed_poll() -> bytes:
    command = a.a_command(CommandState.ERROR, id="701000124", progress=35, failure=a.a_failure())
    friendly = "Sesja w banku wygasła. Zaloguj się ponownie."
    return xml_v1.command(command, friendly_message=friendly)


def poll() -> bytes:
    return xml_v1.reply(
        envelope("2026-03-02T10:00:09Z"),
        schema="default_import",
        status=200,
        inner=xml_v1.command(
            a.a_command(CommandState.SUCCESSFUL), result=xml_v1.result(a.a_holdings())
        ),
    )


def unauthorized() -> bytes:
    key = "a0" + "7" * 60 + "93"
    return xml_v1.unauthorized_reply(
        at("2026-03-02T10:15:30Z"),
        xml_v1.mask("203.0.113.57"),
        xml_v1.mask(key),
        "https://portal.example.org",
        "support@example.com",
        DOCS,
    )


def mock_session() -> bytes:
    return xml_v1.reply(
        envelope("2026-03-02T09:59:58Z", a.OWNER_EXTERNAL_ID),
        schema="session",
        status=200,
        inner=xml_v1.session(a.SESSION_ID, SIGNATURE, ACCESS),
    )


def reused_session() -> bytes:
    signature = "c3df47addefc63909a026c21776dd0eec274d6b43d89a009171ee65b8367e312"
    return xml_v1.reply(
        envelope("2026-03-09T08:00:00Z", a.OWNER_EXTERNAL_ID),
        schema="session",
        status=200,
        inner=xml_v1.session("50100777", signature),
    )


WHOLE_REPLIES = [
    pytest.param(setup, "5.1", 0, id="command set up"),
    pytest.param(poll, "5.2", 0, id="successful poll"),
    pytest.param(failure, "2.6", 0, id="error"),
    pytest.param(unauthorized, "2.6", 2, id="401"),
    pytest.param(mock_session, "4.4", 0, id="mock session"),
    pytest.param(reused_session, "6.2", 0, id="reused session"),
]


@pytest.mark.parametrize(("render", "number", "position"), WHOLE_REPLIES)
def test_the_reply_is_the_example(render: Callable[[], bytes], number: str, position: int):
    same_xml(render(), example(number, "xml", position))


BYTE_FOR_BYTE = [each for each in WHOLE_REPLIES if each.id != "successful poll"]


@pytest.mark.parametrize(("render", "number", "position"), BYTE_FOR_BYTE)
def test_the_reply_is_the_example_to_the_byte(
    render: Callable[[], bytes], number: str, position: int
):
    declaration = '<?xml version="1.0" encoding="utf-8"?>\n'
    expected = example(number, "xml", position).removeprefix(declaration)
    assert render().decode() == declaration + expected


def test_the_failed_command_is_the_example():
    expected = example("2.6", "xml", 1)
    assert failed_poll().decode() == "".join(f"  {line}\n" for line in expected.splitlines())
    reply = xml_v1.reply(
        envelope("2026-03-02T10:00:09Z"), schema="default_import", status=200, inner=failed_poll()
    )
    assert faults(reply) == []


def test_the_sign_out_says_what_the_contract_says():
    inner = xml_v1.sign_out("701000125", "KontoBank", "KontoBank")
    reply = xml_v1.reply(
        envelope("2026-03-02T10:00:09Z", a.OWNER_EXTERNAL_ID),
        schema="sign_out",
        status=200,
        inner=inner,
    )
    said = dict(re.findall(r'(name|state)="(\w+)"', section("5.4")))
    command = checked(reply)[0]
    assert {name: command.get(name) for name in said} == said
    assert command.findtext("progress/value") == "100"


def test_the_advanced_imports_are_the_table():
    rows = re.findall(
        r"^\| `(import-[a-z-]+\.xml)` \| `(\w+)` \|[^|]*\| (.*) \|$", section("5.3"), re.MULTILINE
    )
    names = dict(zip(ADVANCED, ADVANCED_NAMES, strict=True))
    assert [(f"{path}.xml", names[path].value) for path in ADVANCED] == [row[:2] for row in rows]
    held = Holdings(accounts=(a.an_account(),))
    for (_path, name, says), command in zip(rows, ADVANCED_NAMES, strict=True):
        whole = a.a_holdings() if "Transactions" not in name else held
        inside = xml_v1.result(whole, command)
        told = re.findall(r"`(\w+)/(\w+)`", says)[0]
        root = parsed(b"<result>%b</result>" % inside)
        assert [part.tag for part in root] == [told[0]]
        assert {child.tag for child in root[0]} <= {told[1]}


def test_the_aggregated_data_is_the_example():
    record = a.an_owner_record()
    reply = xml_v1.reply(
        envelope("2026-03-02T10:01:00Z", a.OWNER_EXTERNAL_ID),
        schema="get_data",
        status=200,
        inner=xml_v1.owner_data(record),
    )
    root = checked(reply)
    expected = etree.fromstring(example("7.1", "xml").encode())
    polled = parsed(poll()).find("command/result")
    assert polled is not None
    for name in ("owners", "accounts"):  # the example writes "..." for these; they are as in 5.2
        shown, abbreviated = root.find(f".//target/{name}"), expected.find(f".//target/{name}")
        whole = polled.find(name)
        assert shown is not None
        assert abbreviated is not None
        assert whole is not None
        assert abbreviated.text == "..."
        assert tree(shown) == tree(whole)
        shown.clear()
        abbreviated.clear()
    assert tree(root) == tree(expected)
    assert b"<creditCards></creditCards>\n      <deposits></deposits>" in reply


def test_an_empty_envelope_follows_a_delete():
    reply = xml_v1.reply(
        envelope("2026-03-02T10:01:00Z", a.OWNER_EXTERNAL_ID),
        schema="delete_data",
        status=200,
        inner=xml_v1.empty(),
    )
    assert len(checked(reply)) == 0


def test_the_deposit_is_the_example():
    found = re.search(r"<deposit>.*?</deposit>", section("8"))
    assert found is not None
    source = a.a_source_target(holdings=Holdings(deposits=(a.a_deposit(),)))
    inner = xml_v1.owner_data(a.an_owner_record(targets=(source,)))
    shown = parsed(inner).find(".//deposit")
    assert shown is not None
    assert tree(shown) == tree(etree.fromstring(found[0]))


def test_the_catalogue_entry_is_the_example():
    inner = xml_v1.catalog([a.a_target()], favicons=False)
    reply = xml_v1.reply(
        envelope("2026-03-02T10:01:00Z"), schema="get_command_catalog", status=200, inner=inner
    )
    shown = checked(reply).find("targets/target")
    assert shown is not None
    assert tree(shown) == tree(etree.fromstring(example("9.1", "xml")))


# --- JSON ----------------------------------------------------------------------------------------
def exact(text: str | bytes) -> object:
    """A JSON document with member order and the digits of its numbers kept."""
    return json.loads(text, parse_float=Decimal, object_pairs_hook=list)


def inline(number: str, start: str) -> str:
    """The JSON example a section gives within a sentence."""
    found = re.search(rf"`({re.escape(start)}.*?)`", section(number))
    assert found is not None, start
    return found[1]


def test_the_command_result_is_the_example():
    holdings = a.a_holdings(owners=(a.an_owner(),))
    body = json_v1.command_result(
        a.a_command(CommandState.SUCCESSFUL), holdings, owner_external_id=a.OWNER_EXTERNAL_ID
    )
    assert exact(body) == exact(example("1.2", "json"))


def test_the_accepted_command_is_the_example():
    assert exact(json_v1.accepted(a.a_command())) == exact(inline("1.2", '{"id":"701000123"'))


def test_the_json_mock_session_is_the_example():
    expected = inline("1.2", '{"sessionId"').replace("<64 hex>", SIGNATURE)
    assert exact(json_v1.session(a.SESSION_ID, SIGNATURE)) == exact(expected)


def test_the_json_error_is_the_example():
    error = InvalidSessionId("No such session.")
    body = json_v1.error(error, at("2026-03-02T10:15:30Z"), a.CLIENT_ID)
    assert exact(body) == exact(example("1.3", "json"))


def test_the_started_redirection_is_the_example():
    body = json_v1.redirection_started(a.REDIRECTION_ID, LINK, a.SESSION_ID, SIGNATURE)
    assert exact(body) == exact(example("4.1", "json", 1))


def test_the_redirection_status_is_the_example():
    body = json_v1.redirection_status_by_id(
        RedirectionState.SUCCESS,
        session_id=a.SESSION_ID,
        signature=SIGNATURE,
        multiple_access_id=ACCESS,
        target="KontoBankApi_cz",
        official_name="KontoBank",
    )
    assert exact(body) == exact(example("4.2", "json"))


def test_the_redirection_status_by_session_is_the_example():
    body = json_v1.redirection_status_by_session(a.SESSION_ID, RedirectionState.SUCCESS)
    assert exact(body) == exact(inline("4.2", '{"sessionId"'))


def test_both_vocabularies_of_the_redirection_status_are_the_table():
    rows = re.findall(r"^\| `([A-Z]+)`[^|]*\| `([A-Z]+)` \|", section("4.2"), re.MULTILINE)
    built = [
        (
            json.loads(json_v1.redirection_status_by_id(state))["status"],
            json.loads(json_v1.redirection_status_by_session(a.SESSION_ID, state))["status"],
        )
        for state in RedirectionState
    ]
    assert built == rows


def test_the_json_catalogue_is_the_example():
    body = json_v1.ais_catalog([a.a_psd2_target()])
    assert exact(body) == exact(inline("9.2", '{"targets"'))


def test_health_is_the_example():
    assert json_v1.health(True).decode() == inline("9.3", '{"status"')
