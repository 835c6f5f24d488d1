"""A session: authenticated access to one target for minutes; and the redirection that makes one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from opensaldo.domain.client import Environment
from opensaldo.domain.funnel import Reached
from opensaldo.domain.look import PLAIN_LOOK, Look
from opensaldo.domain.target import AccessMode


class SessionState(StrEnum):
    """Where the session stands."""

    CREATED = "created"
    SIGNED_IN = "signed_in"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One access to one target; `id` is a decimal string of 7 to 9 digits.

    `consent_id` names the reusable consent it belongs to, None for single access; `attended` is
    true while the person who signed in can be taken to be present.
    """

    id: str
    client_id: str
    environment: Environment
    state: SessionState
    access_mode: AccessMode
    created_at: datetime
    owner_external_id: str | None
    owner_id_generated: bool = False
    target: str | None = None
    consent_id: str | None = None
    attended: bool = True
    max_import_date: date | None = None
    signed_in_at: datetime | None = None
    last_activity_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoImport:
    """An import that starts by itself once the person is signed in.

    It reaches back to `since`, or so many `months`; with neither as far as an import does by
    itself.
    """

    since: date | None = None
    months: int | None = None


class RedirectionState(StrEnum):
    """Where the redirection stands; the words are those of the wire contract, section 4.2."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"


class Channel(StrEnum):
    """Where the person sees our pages."""

    REDIRECTION = "redirection"  # in the person's own window, in place of the client's page
    WIDGET = "widget"  # in a frame on the client's page
    POPUP = "popup"  # in a window that the client's page opened

    @property
    def is_embedded(self) -> bool:
        """Whether a page of the client's stands beside ours and is told what happens."""
        return self is not Channel.REDIRECTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirection:
    """One link that leads one person through one sign-in; `id` is 32 lower-case hex digits.

    `embedder` is the origin of the client's page that is told what happens, None for a
    redirection. `chosen_target` is the bank that was chosen last, `reached` how far the
    person got with any.
    """

    id: str
    session_id: str
    client_id: str
    environment: Environment
    state: RedirectionState
    created_at: datetime
    expires_at: datetime
    redirect_uri: str | None = None
    country: str | None = None
    locale: str | None = None
    preselected_target: str | None = None
    client_identity: str | None = None
    force_sca: bool = False
    exception_name: str | None = None
    channel: Channel = Channel.REDIRECTION
    embedder: str | None = None
    look: Look = PLAIN_LOOK
    chosen_target: str | None = None
    reached: Reached = Reached.STARTED
    auto_import: AutoImport | None = None
