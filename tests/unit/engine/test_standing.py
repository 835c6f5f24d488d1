"""Where a sign-in stands comes back from its bytes as it was, whatever the step."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors.base import (
    Ask,
    Field,
    FieldKind,
    PsuContext,
    Redirect,
    SignInRequest,
    Wait,
)
from opensaldo.domain.client import Environment
from opensaldo.domain.target import Target
from opensaldo.engine.standing import Standing, pack, unpack
from tests.support.scripted import a_target

TARGET = a_target()
words = st.text(st.characters(codec="utf-8"), max_size=30)
moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1))  # noqa: DTZ001
memories = st.dictionaries(words, words, max_size=3)
fields = st.builds(
    Field,
    name=words,
    kind=st.sampled_from(FieldKind),
    credential=words,
    label=words,
    options=st.lists(st.tuples(words, words), max_size=3).map(tuple),
    characters_max=st.integers(1, 500),
)
steps = st.one_of(
    st.builds(Redirect, url=words, memory=memories),
    st.builds(Wait, text=words, every_s=st.floats(0, 60), memory=memories),
    st.builds(
        Ask,
        fields=st.lists(fields, max_size=3).map(tuple),
        text=words,
        picture=st.binary(max_size=40),
        picture_type=words,
        memory=memories,
    ),
)
requests = st.builds(
    SignInRequest,
    target=st.just(TARGET),
    grant=words,
    return_url=words,
    state=words,
    psu=st.builds(PsuContext, ip_address=words, user_agent=words),
    repeated=st.booleans(),
    history_days=st.integers(1, 1826),
    valid_until=moments,
    force_sca=st.booleans(),
)
standings = st.builds(
    Standing,
    request=requests,
    step=steps,
    token=words,
    asked_at=moments,
    refusals=st.integers(0, 9),
    answered=words,
    busy_until=st.none() | moments,
)


def the_target(name: str, environment: Environment) -> Target | None:
    return TARGET if (name, environment) == (TARGET.name, Environment.TEST) else None


@given(standings)
def test_a_standing_comes_back_as_it_was_packed(standing: Standing):
    assert unpack(pack(standing), Environment.TEST, the_target) == standing


@pytest.mark.parametrize("environment", [Environment.PRODUCTION])
@given(standing=standings)
def test_a_target_that_is_no_longer_offered_ends_it(standing: Standing, environment: Environment):
    assert unpack(pack(standing), environment, the_target) is None
