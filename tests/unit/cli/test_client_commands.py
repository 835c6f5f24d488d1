"""`opensaldo client …`: what it prints, what it refuses, and with which exit code."""

from __future__ import annotations

import re

import pytest

from opensaldo.domain.client import Product
from tests.unit.cli.conftest import Opensaldo

CLIENT = "acme-test"
KEY = re.compile(r"[0-9a-f]{64}")


def test_creating_a_client_says_what_to_do_next(opensaldo: Opensaldo):
    made = opensaldo("client", "create", CLIENT, "--legal-name", "Acme Próba")
    assert (made.code, made.err) == (0, "")
    assert made.out.splitlines() == [
        "Created acme-test (TEST). Next:",
        "  opensaldo client key acme-test",
        "  opensaldo client allow acme-test ADDRESS",
    ]


def test_an_id_without_the_suffix_is_a_production_client(opensaldo: Opensaldo):
    made = opensaldo("client", "create", "acme", "--legal-name", "Acme")
    assert "Created acme (PRODUCTION)." in made.out


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("slug", ["Acme-test", "a_b", "a b", "-", "", "ä", "a" * 64])
def test_a_bad_id_is_refused_in_one_line(opensaldo: Opensaldo, slug: str):
    refused = opensaldo("client", "create", "--legal-name", "Acme", "--", slug)
    assert refused.code == 2
    assert "1 to 63 of a-z, 0-9 and -" in refused.complaint


def test_an_id_that_is_taken_is_refused(acme: Opensaldo):
    refused = acme("client", "create", CLIENT, "--legal-name", "Other")
    assert (refused.code, refused.complaint) == (2, "The client acme-test exists already.")


def test_a_legal_name_is_asked_for(opensaldo: Opensaldo):
    refused = opensaldo("client", "create", CLIENT)
    assert refused.code == 2
    assert "--legal-name" in refused.err


@pytest.mark.parametrize("name", ["", "  "])
def test_a_client_without_a_legal_name_is_not_made(opensaldo: Opensaldo, name: str):
    said = opensaldo("client", "create", "acme-test", "--legal-name", name)
    assert said.code == 2
    assert "legal name" in said.complaint
    assert "opensaldo client create" in opensaldo("client", "list").out


def test_all_clients_are_listed(acme: Opensaldo):
    acme("client", "create", "beta", "--legal-name", "Beta")
    shown = acme("client", "list")
    assert shown.code == 0
    assert re.search(r"acme-test\W+TEST\W+Acme Próba", shown.out)
    assert re.search(r"beta\W+PRODUCTION\W+Beta", shown.out)


def test_a_list_of_nobody_is_no_mistake(opensaldo: Opensaldo):
    assert opensaldo("client", "list").code == 0


def test_a_fresh_client_is_shown_with_what_it_lacks(acme: Opensaldo):
    shown = acme("client", "show", CLIENT).out
    assert "acme-test · Acme Próba" in shown
    assert "none: no call is accepted" in shown
    assert re.search(r"products\W+none", shown)


def test_a_name_that_looks_like_markup_is_shown_as_it_is(opensaldo: Opensaldo):
    opensaldo("client", "create", CLIENT, "--legal-name", "Acme [bold]Bank[/bold] [/x]")
    assert "Acme [bold]Bank[/bold] [/x]" in opensaldo("client", "show", CLIENT).out
    assert "Acme [bold]Bank[/bold] [/x]" in opensaldo("client", "list").out


def test_a_key_is_printed_once_alone_on_its_line(acme: Opensaldo):
    made = acme("client", "key", CLIENT)
    lines = made.out.splitlines()
    assert (made.code, lines[0]) == (0, "This key is shown once; keep it safe:")
    assert KEY.fullmatch(lines[1])
    shown = acme("client", "show", CLIENT).out
    assert KEY.search(shown) is None
    assert f"{lines[1][:2]}…{lines[1][-2:]} · live" in shown


def test_a_key_is_revoked_by_its_number(acme: Opensaldo):
    acme("client", "key", CLIENT)
    revoked = acme("client", "key", CLIENT, "--revoke", "1")
    assert (revoked.code, revoked.out) == (0, "Key 1 of acme-test is revoked.\n")
    assert "· revoked" in acme("client", "show", CLIENT).out
    again = acme("client", "key", CLIENT, "--revoke", "1")
    assert (again.code, again.complaint) == (2, "acme-test has no live key 1.")


def test_a_number_is_asked_for_when_revoking(acme: Opensaldo):
    refused = acme("client", "key", CLIENT, "--revoke", "abc")
    assert refused.code == 2
    assert "invalid int value: 'abc'" in refused.err


def test_an_address_is_allowed_and_taken_back(acme: Opensaldo):
    assert "may call from 192.0.2.0/24." in acme("client", "allow", CLIENT, "192.0.2.9/24").out
    assert "192.0.2.0/24" in acme("client", "show", CLIENT).out
    assert acme("client", "disallow", CLIENT, "192.0.2.0/24").code == 0
    refused = acme("client", "disallow", CLIENT, "192.0.2.0/24")
    assert (refused.code, refused.complaint) == (
        2,
        "192.0.2.0/24 is not on the list of acme-test.",
    )


@pytest.mark.parametrize("network", ["example.org", "192.0.2", "192.0.2.0/33", ""])
def test_a_bad_network_is_refused_with_good_examples(acme: Opensaldo, network: str):
    refused = acme("client", "allow", CLIENT, network)
    assert refused.code == 2
    assert "write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32." in refused.complaint


def test_a_product_is_switched_on_and_off(acme: Opensaldo):
    switched = acme("client", "product", CLIENT, "multiple-access", "on")
    assert (switched.code, switched.out) == (0, "multiple-access is on for acme-test.\n")
    assert "multiple-access" in acme("client", "show", CLIENT).out
    assert acme("client", "product", CLIENT, "multiple-access", "off").code == 0
    assert "multiple-access" not in acme("client", "show", CLIENT).out


def test_an_unknown_product_is_answered_with_all_there_are(acme: Opensaldo):
    refused = acme("client", "product", CLIENT, "rainbows", "on")
    assert refused.code == 2
    for product in Product:
        assert product.value in refused.complaint


def test_scoring_before_labelling_is_refused_with_the_order(acme: Opensaldo):
    refused = acme("client", "product", CLIENT, "scoring", "on")
    assert refused.code == 2
    assert "switch labelling on first, off last" in refused.complaint
    assert acme("client", "product", CLIENT, "labelling", "on").code == 0
    assert acme("client", "product", CLIENT, "scoring", "on").code == 0
    assert acme("client", "product", CLIENT, "labelling", "off").code == 2


@pytest.mark.parametrize("state", ["yes", "ON", "1"])
def test_a_switch_is_on_or_off(acme: Opensaldo, state: str):
    assert acme("client", "product", CLIENT, "pdf", state).code == 2


def test_polling_with_a_session_is_switched(acme: Opensaldo):
    switched = acme("client", "poll-requires-session", CLIENT, "on")
    assert (switched.code, switched.out) == (0, "Polling with a session is on for acme-test.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "nobody"),
        ("key", "nobody"),
        ("allow", "nobody", "192.0.2.7"),
        ("product", "nobody", "pdf", "on"),
        ("poll-requires-session", "nobody", "off"),
    ],
)
def test_an_unknown_client_is_named(opensaldo: Opensaldo, arguments: tuple[str, ...]):
    refused = opensaldo("client", *arguments)
    assert (refused.code, refused.complaint) == (2, "There is no client nobody.")


def test_an_action_is_asked_for(opensaldo: Opensaldo):
    refused = opensaldo("client")
    assert refused.code == 2
    assert "ACTION" in refused.err


def test_a_clients_data_can_be_deleted_earlier_than_everybodys_but_never_later(acme: Opensaldo):
    said = acme("client", "retention", CLIENT, "6")
    assert said.out == "Data of acme-test is deleted 6 hours after its import.\n"
    assert "6 hours" in acme("client", "show", CLIENT).out
    for hours in ("0", "25"):
        refused = acme("client", "retention", CLIENT, hours)
        assert refused.complaint == "Data is kept for 24 hours here; a client can have 1 to 24."
    assert "6 hours" in acme("client", "show", CLIENT).out
    said = acme("client", "retention", CLIENT, "default")
    assert said.out == "Data of acme-test is deleted 24 hours after its import.\n"
    assert acme("client", "retention", "nobody-test", "6").code == 2
    assert acme("client", "retention", CLIENT, "1.5").code == 2


def test_refreshes_are_planned_in_plain_words(acme: Opensaldo):
    assert acme("refresh", "acme-test", "1").out == (
        "acme-test: all consents are refreshed once a day.\n"
    )
    said = acme("refresh", "acme-test", "0", "--owner", "loan-1").out
    assert said == "acme-test: the consents of loan-1 are not refreshed.\n"
    assert acme("refresh", "acme-test", "4").complaint == "Refreshes a day are 0 to 3."
