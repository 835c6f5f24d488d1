"""What an operator configures shows where it should: addresses, trusted proxies, limits, prefix."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.e2e.checked import CheckedApi, browse, owner_of
from tests.e2e.fixtures import World
from tests.support import xsd

CATALOG = "/v1/ais-catalog"


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return {
        "PUBLIC_URL": "https://api.example.org",
        "SIGNIN_URL": "https://signin.example.org/",
        "DOCS_URL": "https://docs.example.org",
        "PORTAL_URL": "https://portal.example.org",
        "SUPPORT_MAIL": "help@example.com",
        "OWNER_ID_PREFIX": "acme-",
        "FALLBACK_LOCALE": "ee",
        "TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8",
        "SESSION_IDLE_S": 60,
        "RETENTION_H": 2,
        "REDIRECTION_LIFE_S": 120,
    }


def test_links_lead_to_the_sign_in_host(api: CheckedApi):
    made = api.started()
    assert (
        made["redirectionLink"] == f"https://signin.example.org/redirection/{made['redirectionId']}"
    )


@pytest.mark.parametrize(("locale", "language"), [("ru", "et"), ("mx", "es"), (None, "pl")])
def test_a_locale_without_texts_gets_the_operators_language(
    world: World, api: CheckedApi, locale: str | None, language: str
):
    made = api.started(country="pl", locale=locale)
    page = browse(
        f"{world.address}/redirection/{made['redirectionId']}/consent?target=KontoBankApi"
    )
    assert f'<html lang="{language}">' in page.body


def test_schemas_lie_at_the_documentations_host(api: CheckedApi):
    place = api.call("GET", "/v1/command-catalog.xml").xml.attrib[xsd.XSI_LOCATION]
    assert place == "https://docs.example.org/schema/v1/get_command_catalog.xsd"


def test_a_refusal_names_portal_support_and_documentation(world: World):
    comment = CheckedApi(world.address, "0" * 64).call("GET", CATALOG).json["comment"]
    for named in ("https://portal.example.org", "help@example.com", "https://docs.example.org"):
        assert named in comment


def test_the_description_names_the_public_address(api: CheckedApi):
    (server,) = api.call("GET", "/v1/openapi.json").json["servers"]
    assert server["url"].startswith("https://api.example.org")


def test_owner_ids_made_by_us_have_the_prefix(api: CheckedApi):
    made = api.call("POST", "/v1/mock-session.xml")
    assert re.fullmatch(r"acme-[0-9a-f-]{36}", owner_of(made) or "")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("192.0.2.7", 200),
        ("198.51.100.1, 192.0.2.7", 200),
        ("198.51.100.1, 192.0.2.7, 10.1.2.3", 200),
        ("192.0.2.7, 198.51.100.1", 401),
        ("192.0.2.7, 198.51.100.1, 10.1.2.3", 401),
        ("192.0.2.7, nonsense", 401),
        ("", 401),
        (None, 401),
    ],
)
def test_behind_a_trusted_proxy_the_last_stranger_counts(
    world: World, said: str | None, status: int
):
    api = world.client(network="192.0.2.7")
    headers = {} if said is None else {"X-Forwarded-For": said}
    assert api.call("GET", CATALOG, headers=headers).status == status


def test_sessions_idle_as_long_as_configured(world: World, api: CheckedApi):
    early, late = api.mock_session(), api.mock_session()
    world.clock.advance(seconds=59)
    assert api.submit(early).status == 202
    world.clock.advance(seconds=2)
    assert api.submit(late).exception == "InvalidSessionId"


def test_links_live_as_long_as_configured(world: World, api: CheckedApi):
    made = api.started()
    world.clock.advance(seconds=119)
    assert api.status(redirectionId=made["redirectionId"])["status"] == "PENDING"
    world.clock.advance(seconds=1)
    assert api.status(redirectionId=made["redirectionId"])["status"] == "EXPIRED"
