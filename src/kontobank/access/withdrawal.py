"""A person changes their mind: every consent they gave ends."""

from kontobank.access.consents import Consents
from kontobank.access.registry import Registry


def withdraw_all(registry: Registry, consents: Consents, login: str) -> int:
    """No consent of the login works any more; how many did."""
    by_token, by_id = registry.valid_of(login), consents.valid_of(login)
    for one in by_token:
        registry.end(one, "withdrawn")
    for other in by_id:
        consents.end(other, "revokedByPsu")
    return len(by_token) + len(by_id)
