"""The whole catalogue in both endpoints' forms: valid, and as the files say."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.connectors.offers import offers_of
from opensaldo.connectors.registry import PROTOCOLS
from opensaldo.domain.client import Environment
from opensaldo.wire import json_v1, xml_v1
from tests.support.xsd import checked

FILES = read_bank_files()
TARGETS = tuple(
    each.target
    for each in offers_of(FILES, {}, spoken=PROTOCOLS, has_kontobank=True)
    if each.target.environment is Environment.TEST
)
ENVELOPE = xml_v1.Envelope("https://docs.example.org", datetime(2026, 3, 2, tzinfo=UTC), "a-test")


def test_the_command_catalogue_is_valid_and_complete():
    inner = xml_v1.catalog(TARGETS)
    reply = xml_v1.reply(ENVELOPE, schema="get_command_catalog", status=200, inner=inner)
    found = {target.attrib["name"]: target for target in checked(reply)[0]}
    assert set(found) == {target.name for target in TARGETS}
    for name, target in found.items():
        file = FILES[name]
        assert target.attrib["officialName"] == file.official_name
        assert target.attrib["institution"] == file.institution
        kinds = [one.attrib["kind"] for one in target.iter("credentialMetadata")]
        assert kinds == [kind.value for kind in file.credentials]
        types = [one.attrib["name"] for one in target.iter("supportedAccountType")]
        assert types == [kind.value for kind in file.account_types]
        commands = {one.attrib["name"] for one in target.iter("command")}
        assert ("ImportCreditCardsCommand" in commands) is file.cards
        assert ("SignOutCommand" in commands) is file.sign_out
        assert "DefaultImportCommand" in commands


def test_the_ais_catalogue_lists_the_same_targets_with_their_modes():
    listed = json.loads(json_v1.ais_catalog(TARGETS))["targets"]
    assert [one["id"] for one in listed] == [target.name for target in TARGETS]
    for one in listed:
        file = FILES[one["id"]]
        assert (one["country"], one["name"]) == (file.country.upper(), file.official_name)
        assert ("MULTIPLE" in one["accessModes"]) is file.multiple_access
