"""Instants: aware in, aware UTC out, refused when naive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.pool import StaticPool

from opensaldo.store.columns import UtcDateTime

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis wants its bounds naive
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=ZONES,
)
rows = Table("rows", MetaData(), Column("id", Integer), Column("at", UtcDateTime))


@pytest.fixture(scope="module")
def connection():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        rows.create(connection)
        yield connection
    engine.dispose()


@given(instants=st.lists(INSTANTS, min_size=1, max_size=5))
def test_instants_come_back_the_same_in_utc_and_in_order(connection, instants):
    with connection.begin_nested() as undone:
        connection.execute(insert(rows), [{"at": instant} for instant in instants])
        found = connection.execute(select(rows.c.at).order_by(rows.c.at)).scalars().all()
        undone.rollback()
    assert found == sorted(instants)
    assert {instant.tzinfo for instant in found} == {UTC}


def test_a_naive_instant_is_refused(connection):
    with pytest.raises(StatementError, match="aware"):
        connection.execute(insert(rows), {"at": datetime(2026, 3, 2)})  # noqa: DTZ001


def test_nothing_stays_nothing(connection):
    connection.execute(insert(rows), {"at": None})
    assert connection.execute(select(rows.c.at).where(rows.c.at.is_(None))).scalar() is None
