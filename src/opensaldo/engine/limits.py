"""The limits every use case keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the wire contract, section 17, as the operator configured them.

    A PSD2 target that fails `switch_failures` times within `switch_window_s` is switched to its
    fallback until it has not failed for `switch_quiet_s`.
    """

    session_idle_s: int = 300
    command_run_s: int = 600
    requests_per_minute: int = 600
    open_sessions_max: int = 100
    waiting_commands_max: int = 200
    retention_h: int = 24
    redirection_life_s: int = 3600
    later_history_days: int = 180
    imports_at_once_max: int = 500
    switch_failures: int = 5
    switch_window_s: int = 600
    switch_quiet_s: int = 900
    owner_id_prefix: str = "kontomatik-"

    @property
    def session_idle(self) -> timedelta:
        """How long a session may be idle."""
        return timedelta(seconds=self.session_idle_s)

    @property
    def retention(self) -> timedelta:
        """How long financial data is kept after its import."""
        return timedelta(hours=self.retention_h)

    @property
    def later_history(self) -> timedelta:
        """How far back later sessions of a repeated access may reach."""
        return timedelta(days=self.later_history_days)

    @property
    def switch_window(self) -> timedelta:
        """How far apart the failures may lie that switch a target."""
        return timedelta(seconds=self.switch_window_s)

    @property
    def switch_quiet(self) -> timedelta:
        """How long a switched target must not have failed before it is used again."""
        return timedelta(seconds=self.switch_quiet_s)
