"""The aggregated data of one owner in XML (wire contract, section 7.1)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from opensaldo.domain.aggregate import OwnerRecord, SourceTarget
from opensaldo.wire import xml_holdings
from opensaldo.wire.times import microseconds
from opensaldo.wire.xml_text import attribute, enclosed
from opensaldo.wire.xml_transactions import TransactionWriter


def owner_data(record: OwnerRecord) -> bytes:
    """The owner with one target element per source; cards and deposits stand even when empty."""
    attributes = (
        attribute("externalId", record.external_id)
        + attribute("createdAt", microseconds(record.created_at))
        + attribute("updatedAt", microseconds(record.updated_at))
        + attribute("origin", record.origin.value)
        + attribute("lastChange", microseconds(record.last_change))
    )
    writer = TransactionWriter()
    targets = chain.from_iterable(_target(target, writer) for target in record.targets)
    return b"".join(enclosed(1, "owner", targets, attributes))


def _target(target: SourceTarget, writer: TransactionWriter) -> Iterator[bytes]:
    holdings = target.holdings
    attributes = (
        attribute("name", target.name)
        + attribute("officialName", target.official_name)
        + attribute("institution", target.institution)
    )
    listed = chain(
        xml_holdings.owners(holdings.owners),
        xml_holdings.accounts(holdings.accounts, writer),
        xml_holdings.cards(holdings.cards, writer),
        xml_holdings.deposits(holdings.deposits),
    )
    return enclosed(2, "target", listed, attributes)
