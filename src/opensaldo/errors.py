"""Every error the platform raises, ordered by who must act next.

OpenSaldoError              wire_name, http_status, retry_after_s, message; never personal data
├─ CallerError              the client's program must change its request
│  ├─ Unauthorized          401
│  ├─ InvalidParameter      400 (InvalidTarget, InvalidSince, InvalidIban, InvalidOwnerExternalId,
│  │                        InvalidSessionIdSignature, InvalidCursor)
│  ├─ UnknownReference      404 (InvalidSessionId, InvalidCommandId, InvalidRedirectionId,
│  │                        InvalidMultipleAccessId, UnknownOwnerExternalId, NotFound)
│  ├─ 400                   InvalidArgument, CommandNotAvailable, DefaultImportAlreadyExecuted,
│  │                        NoDataToCalculateScore
│  ├─ FeatureNotEnabled 403, MethodNotAllowed 405, CursorExpired 410, PayloadTooLarge 413,
│  │                        UnsupportedMediaType 415, IdempotencyKeyInUse 409,
│  │                        IdempotencyAnswerLost 409, IdempotencyKeyReused 422
│  └─ LimitError            429 (TooManyRequests, ConcurrentSessionsLimitExceed,
│                           JobsQuotaExceeded, MultipleAccessLimitExceeded)
├─ SessionError             a new sign-in is needed (SessionExpired, NotSignedIn, AlreadySignedIn)
├─ PsuError                 the person must act (AccessBlocked, AccessTemporarilyBlocked,
│  │                        ManualActionRequired, TargetCredentialsMismatch,
│  │                        UnsupportedLoginMethod, UnsupportedLanguage,
│  │                        InsufficientIdentificationLevel, SignInCancelled, SignInTimeout)
│  └─ InvalidCredentials    (TriesUsedUp)
├─ BankError                the bank must recover (BankUnreachable, BankUnavailable,
│  │                        BankMaintenance, BankKeepsFailing, BankAnsweredNonsense,
│  │                        BankBalanceUnproven, BankAccessEnded, BankConsentWithdrawn)
│  └─ BankRateLimited       (BankDailyLimit)
├─ PlatformUnavailable      the operator must act; nothing was accepted
└─ Defect                   we must act: anything unexpected

A class's docstring is its default message; its wire name is the class name unless it says
otherwise. Names and statuses are those of the wire contract, section 2.8.
"""

from __future__ import annotations

from typing import ClassVar


class OpenSaldoError(Exception):
    """Something went wrong."""

    wire_name: ClassVar[str] = "InternalError"
    http_status: ClassVar[int] = 500

    def __init_subclass__(
        cls, wire_name: str | None = None, http_status: int | None = None
    ) -> None:
        """Take the wire name from the class unless given; inherit the status unless given."""
        super().__init_subclass__()
        cls.wire_name = wire_name or cls.__name__
        if http_status is not None:
            cls.http_status = http_status

    def __init__(self, message: str | None = None, *, retry_after_s: int | None = None) -> None:
        """Carry a message for the reader who must act; it never holds personal data."""
        self.message = message or (type(self).__doc__ or "").strip()
        self.retry_after_s = retry_after_s
        super().__init__(self.message)


# --- the caller ------------------------------------------------------------------------------
class CallerError(OpenSaldoError, wire_name="InvalidParameter", http_status=400):
    """The request cannot be served as it is."""


class Unauthorized(CallerError, http_status=401):
    """This request could not be authorised."""


class InvalidParameter(CallerError):
    """A parameter is missing or not acceptable."""


class InvalidTarget(InvalidParameter):
    """No such target, or it cannot serve the access mode asked for."""


class InvalidSince(InvalidParameter):
    """The parameter since must be a date (YYYY-MM-DD) that is not in the future."""


class InvalidIban(InvalidParameter):
    """Not an account number of this session."""


class InvalidOwnerExternalId(InvalidParameter):
    """The owner's external id must have 1 to 255 characters and no control characters."""


class InvalidSessionIdSignature(InvalidParameter):
    """The signature does not belong to this session."""


class InvalidCursor(InvalidParameter):
    """The cursor is not one this client was given; read again without it."""


class UnknownReference(CallerError, wire_name="NotFound", http_status=404):
    """Nothing is known under this reference."""


class InvalidSessionId(UnknownReference):
    """No such session, or it has ended."""


class InvalidCommandId(UnknownReference):
    """No such command, or it was removed by retention."""


class InvalidRedirectionId(UnknownReference):
    """No such redirection."""


class InvalidMultipleAccessId(UnknownReference):
    """This access is unknown, expired, withdrawn or revoked; the person must sign in again."""


class UnknownOwnerExternalId(UnknownReference, wire_name="InvalidOwnerExternalId"):
    """No data is kept under this owner's external id."""


class NotFound(UnknownReference):
    """There is nothing at this path."""


class InvalidArgument(CallerError):
    """The parameter is well formed but not acceptable here."""


class CommandNotAvailable(CallerError):
    """The target does not offer this command."""


class DefaultImportAlreadyExecuted(CallerError):
    """A session serves one default import, and this one has had it; sign in again for another."""


class NoDataToCalculateScore(CallerError):
    """Nothing usable is kept under this owner's external id."""


class FeatureNotEnabled(CallerError, http_status=403):
    """This service is not enabled for this client; ask the operator."""


class CursorExpired(CallerError, http_status=410):
    """Events after this cursor are no longer kept; start again without one and read your state."""


class IdempotencyKeyInUse(CallerError, http_status=409):
    """A request with this Idempotency-Key is under way; ask again as Retry-After says."""


class IdempotencyAnswerLost(CallerError, http_status=409):
    """This request was carried out, but its answer was lost; read the events for what it did."""


class IdempotencyKeyReused(CallerError, http_status=422):
    """This Idempotency-Key was used for another request; use a new key for a new request."""


class MethodNotAllowed(CallerError, http_status=405):
    """This path does not serve this method."""


class PayloadTooLarge(CallerError, http_status=413):
    """The request body is too large."""


class UnsupportedMediaType(CallerError, http_status=415):
    """The content type of the request body is not served here."""


class LimitError(CallerError, wire_name="TooManyRequests", http_status=429):
    """A limit is reached; try again later."""


class TooManyRequests(LimitError):
    """Too many requests in this minute; wait as long as Retry-After says."""


class ConcurrentSessionsLimitExceed(LimitError):
    """Too many open sessions; sign some out or wait until they end."""


class JobsQuotaExceeded(LimitError):
    """Too many commands are waiting; poll those before submitting more."""


class MultipleAccessLimitExceeded(LimitError):
    """The imports this access allows in 24 hours are used up."""


# --- the session -----------------------------------------------------------------------------
class SessionError(OpenSaldoError, wire_name="SessionExpired", http_status=400):
    """The session cannot serve this."""


class SessionExpired(SessionError):
    """The session ended before the import was complete; the person must sign in again."""


class NotSignedIn(SessionError):
    """The person has not finished signing in to the bank."""


class AlreadySignedIn(SessionError):
    """The session is signed in already."""


# --- the person ------------------------------------------------------------------------------
class PsuError(OpenSaldoError, wire_name="ManualActionRequired", http_status=400):
    """The person must act at the bank."""


class InvalidCredentials(PsuError):
    """The bank did not accept the login, password or code."""


class TriesUsedUp(InvalidCredentials, wire_name="InvalidCredentials"):
    """The bank did not accept the login, password or code, and allows no further try."""


class AccessBlocked(PsuError):
    """The bank has blocked this person's access."""


class AccessTemporarilyBlocked(PsuError):
    """The bank has blocked this person's access for a while."""


class ManualActionRequired(PsuError):
    """The person must do something in the bank's own service first."""


class TargetCredentialsMismatch(PsuError):
    """These credentials belong to another service of the bank."""


class UnsupportedLoginMethod(PsuError):
    """The person's profile uses a login method that cannot be handled."""


class UnsupportedLanguage(PsuError):
    """The person's profile uses a language that cannot be handled."""


class InsufficientIdentificationLevel(PsuError):
    """The bank's identification level of this person is too low."""


class SignInCancelled(PsuError):
    """The person gave up signing in."""


class SignInTimeout(PsuError):
    """Signing in was not finished in time."""


# --- the bank --------------------------------------------------------------------------------
class BankError(OpenSaldoError, wire_name="ServiceTemporarilyUnavailable", http_status=503):
    """The bank could not serve this."""


class BankUnreachable(BankError, wire_name="IO"):
    """The connection to the bank failed; try again later."""


class BankUnavailable(BankError, wire_name="ServiceTemporarilyUnavailable"):
    """The bank is out of order for now; try again later."""


class BankMaintenance(BankError, wire_name="ServiceMaintenance"):
    """The bank is in announced maintenance; try again later."""


class BankKeepsFailing(BankError, wire_name="ServiceTemporarilyUnavailable"):
    """Too many sign-ins in a row failed at the bank; choose another bank, or try again later."""


class BankRateLimited(BankError, wire_name="ServiceTemporarilyUnavailable"):
    """The bank accepts no further calls for now."""


class BankDailyLimit(BankRateLimited, wire_name="ServiceTemporarilyUnavailable"):
    """The calls the bank allows in 24 hours are used up."""


class BankAnsweredNonsense(BankError, wire_name="ServiceTemporarilyUnavailable"):
    """The bank's answer could not be understood."""

    def __init__(self, path: str, expected: str) -> None:
        """Name the place in the answer and what was expected there, never what stood there."""
        super().__init__(f"The bank's answer could not be understood: {path}: expected {expected}.")
        self.path = path


class BankBalanceUnproven(BankError, wire_name="ServiceTemporarilyUnavailable"):
    """The rows the bank sent do not add up to its balance, read twice; import again later."""


class BankAccessEnded(BankError, wire_name="SessionExpired"):
    """The bank no longer accepts this access; the person must sign in again."""


class BankConsentWithdrawn(BankError, wire_name="SessionExpired"):
    """The consent was withdrawn; the person must sign in again."""


# --- the operator and us -----------------------------------------------------------------------
class PlatformUnavailable(
    OpenSaldoError, wire_name="ServiceTemporarilyUnavailable", http_status=503
):
    """The platform cannot serve this now; nothing was accepted. Try again later."""


class Defect(OpenSaldoError, wire_name="InternalError"):
    """Something unexpected happened on our side; quote the request id to the operator."""
