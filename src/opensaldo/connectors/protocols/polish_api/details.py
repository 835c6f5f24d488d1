"""Which rows want a detail, and what becomes of it; pure.

Source: ZBP-polish-api-2_1_2-swagger.json (TransactionInfoTax, TransactionInfoZUS), read 2026-11-21.
"""

from __future__ import annotations

import re
from dataclasses import replace

from opensaldo.connectors import lenient
from opensaldo.connectors.protocols.polish_api import messages
from opensaldo.domain.transaction import Transaction

SOCIAL_INSURANCE = "ZUS"
_OFFICIAL = re.compile(r"podat|skarbow|\bzus\b|\bus\b|ubezpiecze|\btax|social (security|insurance)")


def wants_detail(row: Transaction) -> bool:
    """Whether the bank's kind of the row, or its other side, says tax or social insurance."""
    said = f"{row.kind or ''} {row.party or ''}".casefold()
    return row.bank_id is not None and bool(_OFFICIAL.search(said))


def with_detail(row: Transaction, reply: messages.DetailReply) -> Transaction:
    """The row with what was paid for at the end of its title; as it was when nothing is said."""
    said = [*_tax_words(reply.us_info), *_social_words(reply.zus_info)]
    title = row.title or ""
    added = [word for word in said if word not in title.split()]
    return replace(row, title=" ".join([title, *added]).strip()) if added else row


def _tax_words(info: messages.TaxInfo | None) -> list[str]:
    """Form, period and year of a tax: `VAT-7 05 M 2026`."""
    if info is None:
        return []
    said = (info.form_code, info.period_id, info.period_type, info.year, info.obligation_id)
    return [word for word in map(lenient.text, said) if word]


def _social_words(info: messages.SocialInfo | None) -> list[str]:
    """Kind, declaration and month (MMYYYY) of a social insurance contribution."""
    if info is None:
        return []
    said = (
        info.contribution_type,
        info.contribution_id,
        info.contribution_period,
        info.payment_type_id,
        info.obligation_id,
    )
    words = [word for word in map(lenient.text, said) if word]
    return [SOCIAL_INSURANCE, *words] if words else []
