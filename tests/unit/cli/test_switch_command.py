"""`opensaldo banks switch`: whom it concerns, what it says, what it refuses."""

from __future__ import annotations

from contextlib import closing

import pytest

from opensaldo.app import open_store
from opensaldo.config import Config
from opensaldo.domain.client import Environment
from opensaldo.engine.switching import uses_fallback
from opensaldo.store.queries import switches
from tests.unit.cli.conftest import Opensaldo

CLIENT = "acme-test"
TARGET = "KontoBankApi"


def is_switched(client_id: str = CLIENT, environment: Environment = Environment.TEST) -> bool:
    with closing(open_store(Config.from_env())) as store, store.read() as connection:
        known = switches.switches_for(connection, environment, client_id)
    return uses_fallback(known, TARGET, client_id)


def test_a_target_is_switched_and_switched_back_for_everybody(acme: Opensaldo):
    said = acme("banks", "switch", TARGET, "fallback")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "KontoBankApi uses its fallback until you switch it back, for every client.\n"
    )
    assert is_switched()
    assert is_switched("other", Environment.PRODUCTION)
    assert acme("banks", "switch", TARGET, "automatic").code == 0
    assert not is_switched()


def test_one_client_can_be_switched_alone(acme: Opensaldo):
    said = acme("banks", "switch", TARGET, "fallback", "--client", CLIENT)
    assert said.out.endswith("for acme-test.\n")
    assert is_switched()
    assert not is_switched("other-test")
    acme("banks", "switch", TARGET, "psd2", "--client", CLIENT)
    acme("banks", "switch", TARGET, "fallback")
    assert not is_switched()
    assert is_switched("other-test")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("Nowhere", "fallback"), "There is no target Nowhere."),
        (("KontoBankApi_ro", "fallback"), "No target of this name has a fallback."),
        ((TARGET, "fallback", "--client", "nobody-test"), "nobody-test"),
    ],
)
def test_what_cannot_be_switched_is_said_in_one_line(
    acme: Opensaldo, arguments: tuple[str, ...], complaint: str
):
    refused = acme("banks", "switch", *arguments)
    assert refused.code == 2
    assert complaint in refused.complaint
