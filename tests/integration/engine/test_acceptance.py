"""Acceptances: nothing begins at a bank before the person agreed to the texts that stand."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from opensaldo.domain.client import Product
from opensaldo.domain.consent_chain import ACCEPTED, Entry
from opensaldo.domain.legal_text import TextKind
from opensaldo.engine import audit, legal_texts
from opensaldo.engine.clients import set_retention
from opensaldo.engine.mock import read_page
from opensaldo.errors import UnknownReference
from tests.e2e.checked import CheckedApi, agree, agreement, browse, sign_in
from tests.e2e.fixtures import DATABASES, World

HOSTILE = b"<script>alert(1)</script> {{ 7 * 7 }} \"'&</div>"
AT_ONCE = 6


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def lender(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def own(world: World, api: CheckedApi, content: bytes, kind: TextKind = TextKind.TERMS) -> str:
    async def keep(platform: Any) -> str:
        store, clock = platform.store, platform.clock
        made = await legal_texts.set_text(store, clock, api.client_id, kind, "en", content)
        return made.version

    return world.house.run(keep)


def told(world: World, subject: str) -> tuple[Entry, ...]:
    async def look(platform: Any) -> tuple[Entry, ...]:
        try:
            return await audit.entries_about(platform.store, subject)
        except UnknownReference:
            return ()

    return world.house.run(look)


def holds(world: World) -> bool:
    return world.house.run(lambda platform: audit.verify(platform.store))[1] is None


def versions(entry: Entry) -> tuple[str, str]:
    assert entry.acceptance is not None
    return entry.acceptance.terms_version, entry.acceptance.privacy_version


def test_every_sign_in_notes_what_was_shown_before_the_bank_is_asked(world: World, api: CheckedApi):
    made = api.started(locale="en")
    form = agreement(made["redirectionLink"], "KontoBankApi")
    assert (told(world, made["sessionId"]), world.bank.log()) == ((), [])
    assert browse(made["redirectionLink"] + "/consent", form).status == 303
    (entry,) = told(world, made["sessionId"])
    assert (entry.status, entry.consent_id, entry.target) == (ACCEPTED, None, "KontoBankApi")
    assert (entry.client_id, entry.at) == (api.client_id, world.clock())
    assert versions(entry) == (form["terms"], form["privacy"])
    for version in versions(entry):
        text = world.house.run(lambda platform, of=version: audit.text_of(platform.store, of))
        assert text in browse(made["redirectionLink"] + "/consent?target=KontoBankApi").body
    assert holds(world)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda form: form | {"terms": "0" * 64},
        lambda form: form | {"privacy": form["terms"], "terms": form["privacy"]},
        lambda form: form | {"privacy": ""},
        lambda form: {name: form[name] for name in ("target", "decision")},
    ],
)
def test_nothing_begins_for_who_agrees_to_something_else(
    world: World, api: CheckedApi, spoil: Callable[[dict[str, str]], dict[str, str]]
):
    made = api.started(locale="en")
    form = agreement(made["redirectionLink"], "KontoBankApi")
    page = browse(made["redirectionLink"] + "/consent", spoil(form))
    assert (page.status, page.location) == (409, None)
    assert dict(read_page(page.body).filled({})) == form
    assert (told(world, made["sessionId"]), world.bank.log()) == ((), [])


def test_a_text_that_changed_while_it_was_read_is_asked_again(world: World, api: CheckedApi):
    made = api.started(locale="en")
    link = made["redirectionLink"] + "/consent"
    form = agreement(made["redirectionLink"], "KontoBankApi")
    version = own(world, api, b"New terms of ours")
    anew = browse(link, form)
    assert anew.status == 409
    assert "These texts have changed" in anew.body
    assert "New terms of ours" in anew.body
    assert world.bank.log() == []
    again = dict(read_page(anew.body).filled({}))
    assert (again["terms"], again["privacy"]) == (version, form["privacy"])
    assert browse(link, again).status == 303
    (entry,) = told(world, made["sessionId"])
    assert versions(entry) == (version, form["privacy"])


def test_a_clients_text_is_text_whatever_is_in_it(world: World, api: CheckedApi):
    own(world, api, HOSTILE)
    made = api.started(locale="en")
    body = browse(made["redirectionLink"] + "/consent?target=KontoBankApi").body
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }} &#34;&#39;&amp;&lt;/div&gt;" in body
    assert "<script>" not in body


def test_of_many_agreements_at_once_one_is_noted(world: World, api: CheckedApi):
    made = api.started(locale="en")
    form = agreement(made["redirectionLink"], "KontoBankApi")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        pages = list(
            threads.map(
                lambda _: browse(made["redirectionLink"] + "/consent", form), range(AT_ONCE)
            )
        )
    assert {page.status for page in pages} == {303}
    assert len(told(world, made["sessionId"])) == 1
    assert holds(world)


def test_a_consents_acceptance_stays_provable_whatever_is_shown_later(
    world: World, lender: CheckedApi
):
    old = own(world, lender, b"Terms of last year")
    made = lender.started(locale="en", accessMode="MULTIPLE", ownerExternalId="loan-1")
    sign_in(made["redirectionLink"])
    params = lender.status(redirectionId=made["redirectionId"])["params"]
    new = own(world, lender, b"Terms of this year")
    reused = lender.call(
        "POST",
        "/v1/command/reuse-multiple-access.xml",
        {"multipleAccessId": params["multipleAccessId"]},
    )
    assert reused.status == 200, reused.body
    accepted, granted = told(world, made["sessionId"])
    assert versions(accepted)[0] == old
    assert granted.session_id == made["sessionId"]
    assert granted.consent_id is not None
    assert told(world, granted.consent_id) == (accepted, granted)
    again = lender.started(locale="en", accessMode="MULTIPLE", ownerExternalId="loan-1")
    sign_in(again["redirectionLink"])
    assert versions(told(world, again["sessionId"])[0])[0] == new
    assert holds(world)


def test_who_refuses_accepts_nothing(world: World, api: CheckedApi):
    made = api.started(locale="en")
    form = agreement(made["redirectionLink"], "KontoBankApi") | {"decision": "cancel"}
    browse(made["redirectionLink"] + "/consent", form)
    assert told(world, made["sessionId"]) == ()


def test_the_person_is_told_before_leaving_that_the_bank_may_ask_twice(api: CheckedApi):
    for forced in (True, False):
        made = api.started(locale="en", forceSca=forced)
        body = browse(made["redirectionLink"] + "/consent?target=KontoBankApi").body
        assert ('class="twice"' in body) is forced


def test_who_is_told_hours_is_told_the_clients_own(world: World, api: CheckedApi):
    async def shorter(platform: Any) -> None:
        await set_retention(platform.store, api.client_id, 6, platform.limits.retention_h)

    world.house.run(shorter)
    made = api.started(locale="en")
    body = browse(made["redirectionLink"] + "/consent?target=KontoBankApi").body
    assert "6\u00a0hours" in body


def test_agreeing_twice_in_a_row_is_one_acceptance_and_begins_anew(world: World, api: CheckedApi):
    made = api.started(locale="en")
    assert agree(made).status == agree(made).status == 303
    assert len(told(world, made["sessionId"])) == 1
