"""The limits every use case keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the wire contract, section 17, as the operator configured them."""

    session_idle_s: int = 300
    command_run_s: int = 600
    requests_per_minute: int = 600
    open_sessions_max: int = 100
    waiting_commands_max: int = 200
    retention_h: int = 24
    redirection_life_s: int = 3600
    imports_at_once_max: int = 500
    owner_id_prefix: str = "kontomatik-"

    @property
    def session_idle(self) -> timedelta:
        """How long a session may be idle."""
        return timedelta(seconds=self.session_idle_s)

    @property
    def retention(self) -> timedelta:
        """How long financial data is kept after its import."""
        return timedelta(hours=self.retention_h)
