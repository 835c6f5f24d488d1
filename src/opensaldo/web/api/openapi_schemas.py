"""The JSON shapes of the document: values, replies of the JSON dialect, failures."""

from __future__ import annotations

from typing import Any

from opensaldo.domain.bill import Service
from opensaldo.domain.client import Environment
from opensaldo.domain.deletion import Cause
from opensaldo.domain.event import EventKind
from opensaldo.domain.receipt import MEANINGS, Outcome, Reason, Skip
from opensaldo.domain.session import RedirectionState
from opensaldo.domain.target import AccessMode
from opensaldo.wire import forms
from opensaldo.wire.json_consents import STATES

Schema = dict[str, Any]

MOMENT: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
}
DAY: Schema = {"type": "string", "format": "date"}
SESSION_ID: Schema = {"type": "string", "pattern": f"^{forms.SESSION_ID.pattern}$"}
COMMAND_ID: Schema = {"type": "string", "pattern": f"^{forms.COMMAND_ID.pattern}$"}
SIGNATURE: Schema = {"type": "string", "pattern": f"^{forms.SIGNATURE.pattern}$"}
REDIRECTION_ID: Schema = {"type": "string", "pattern": f"^{forms.REDIRECTION_ID.pattern}$"}
MULTIPLE_ACCESS_ID: Schema = {"type": "string", "pattern": f"^{forms.MULTIPLE_ACCESS_ID.pattern}$"}
OWNER_EXTERNAL_ID: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": forms.OWNER_EXTERNAL_ID_LENGTH_MAX,
    "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f\\ufffe\\uffff]+$",
}
WAIT: Schema = {"type": "integer", "minimum": 0, "maximum": forms.WAIT_S_MAX}
CURSOR: Schema = {"type": "string", "pattern": "^[0-9]+-[0-9a-f]{16}$"}
CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$"}
AMOUNT: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
OUR_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
TEXT: Schema = {"type": "string", "minLength": 1}
NAME: Schema = {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"}
MODES = [mode.value for mode in AccessMode]


def one_of(*values: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


def record(
    properties: dict[str, Schema], *, required: tuple[str, ...] = (), description: str = ""
) -> Schema:
    """An open object; members may be added later."""
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    if description:
        schema["description"] = description
    return schema


def named(name: str) -> Schema:
    """A reference to a schema of the table below."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def _rows(name: str) -> Schema:
    return {"type": "array", "items": named(name)}


_COUNTS = ("accounts", "pages", "rows", "fetched", "new", "changed", "retired")
_PARAMS: dict[str, Schema] = {
    "sessionId": or_null(SESSION_ID),
    "sessionIdSignature": or_null(SIGNATURE),
    "multipleAccessId": or_null(MULTIPLE_ACCESS_ID),
    "target": or_null(TEXT),
    "officialName": or_null(TEXT),
    "exception": or_null(NAME),
}

_STAGES = ("started", "bankChosen", "atBank", "back", "success", "pending")
SCHEMAS: dict[str, Schema] = {
    "Failure": record(
        {
            "status": {"type": "string", "pattern": "^[45][0-9]{2} "},
            "user": TEXT,
            "ownerExternalId": OWNER_EXTERNAL_ID,
            "responseTimestamp": MOMENT,
            "exception": record({"name": NAME, "message": TEXT}, required=("name", "message")),
            "errors": {
                "type": "array",
                "items": record({"field": TEXT, "message": TEXT}, required=("field", "message")),
            },
        },
        required=("status", "exception"),
        description="A request that failed. `user` is there once the caller is known.",
    ),
    "Unauthorized": record(
        {
            "status": {"const": "401 Unauthorized"},
            "responseTimestamp": MOMENT,
            "comment": TEXT,
        },
        required=("status", "responseTimestamp", "comment"),
        description="The only failure without an exception: address and key, masked.",
    ),
    "Event": record(
        {
            "id": CURSOR,
            "kind": one_of(*EventKind),
            "at": MOMENT,
            "subject": TEXT,
            "state": TEXT,
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
        },
        required=("id", "kind", "at", "subject"),
        description="One thing that happened. Its id is the cursor to read on from. The subject is "
        "the session's id (sign-in), the command's id (commands; retention deleted its result), "
        "the multipleAccessId (consents), an opaque word (an owner's data was deleted) or the "
        "target's name; the state is the one it was in then. Kinds may be added.",
    ),
    "EventPage": record(
        {"events": _rows("Event"), "cursor": CURSOR, "more": {"type": "boolean"}},
        required=("events", "cursor", "more"),
        description="`cursor` is where to read on; with `more` there is more to read at once.",
    ),
    "Bill": record(
        {
            "client": TEXT,
            "month": TEXT,
            "priceList": TEXT,
            "currency": CURRENCY,
            "final": {"type": "boolean"},
            "total": AMOUNT,
            "lines": _rows("BillLine"),
        },
        required=("client", "month", "priceList", "currency", "final", "total", "lines"),
        description="What the client owes for the month, net. Not final: more may be used.",
    ),
    "BillLine": record(
        {
            "day": DAY,
            "service": one_of(*Service),
            "quantity": {"type": "integer", "minimum": 0},
            "price": AMOUNT,
            "amount": AMOUNT,
            "why": TEXT,
            "evidence": {"type": "array", "items": TEXT},
        },
        required=("day", "service", "quantity", "price", "amount", "why", "evidence"),
        description="One use. A quantity of 0: it is free, and `why` says so.",
    ),
    "Funnel": record(
        {
            "client": TEXT,
            "environment": one_of(*Environment),
            "since": DAY,
            "until": DAY,
            "rows": _rows("FunnelRow"),
        },
        required=("client", "environment", "since", "until", "rows"),
        description="How far the sign-ins begun on these days (UTC) got.",
    ),
    "FunnelRow": record(
        {
            "day": DAY,
            "target": or_null(TEXT),
            "channel": TEXT,
            **{stage: {"type": "integer", "minimum": 0} for stage in _STAGES},
            "exits": {
                "type": "object",
                "additionalProperties": {"type": "integer", "minimum": 1},
            },
        },
        required=("day", "target", "channel", *_STAGES, "exits"),
        description="Sign-ins of one day, one bank (null: none chosen) and one channel.",
    ),
    "Health": record({"status": {"const": "OK"}}, required=("status",)),
    "Session": record(
        {"sessionId": SESSION_ID, "sessionIdSignature": SIGNATURE},
        required=("sessionId", "sessionIdSignature"),
    ),
    "RedirectionStarted": record(
        {
            "redirectionId": REDIRECTION_ID,
            "redirectionLink": {"type": "string", "format": "uri"},
            "redirectUrl": {"type": "string", "format": "uri"},
            "sessionId": SESSION_ID,
            "sessionIdSignature": SIGNATURE,
        },
        required=(
            "redirectionId",
            "redirectionLink",
            "redirectUrl",
            "sessionId",
            "sessionIdSignature",
        ),
        description="The link under both its names, and the session it will open.",
    ),
    "RedirectionStatus": record(
        {
            "status": one_of(*(state.value for state in RedirectionState)),
            "params": record(_PARAMS, required=tuple(_PARAMS)),
        },
        required=("status", "params"),
        description="Asked by `redirectionId`; members without a value are null.",
    ),
    "RedirectionStatusBySession": record(
        {
            "sessionId": SESSION_ID,
            "status": one_of("PENDING", "COMPLETED", "FAILED", "EXPIRED"),
        },
        required=("sessionId", "status"),
        description="Asked by `sessionId`.",
    ),
    "Consent": record(
        {
            "multipleAccessId": MULTIPLE_ACCESS_ID,
            "ownerExternalId": OWNER_EXTERNAL_ID,
            "target": TEXT,
            "state": one_of(*STATES),
            "grantedAt": MOMENT,
            "validUntil": MOMENT,
            "endedAt": MOMENT,
            "importsLeft": COUNT,
            "nextImportAt": MOMENT,
        },
        required=(
            "multipleAccessId",
            "target",
            "state",
            "grantedAt",
            "validUntil",
        ),
        description="`endedAt` once it has ended; `importsLeft` and `nextImportAt` while active; no"
        " `ownerExternalId` once the operator has erased the person.",
    ),
    "Consents": record(
        {"consents": _rows("Consent"), "more": {"type": "boolean"}},
        required=("consents", "more"),
        description="`more`: there are older ones, `before` the `multipleAccessId` of the last.",
    ),
    "CommandAccepted": record(
        {"id": COMMAND_ID, "status": one_of("QUEUED", "RUNNING")}, required=("id", "status")
    ),
    "CommandResult": record(
        {
            "id": COMMAND_ID,
            "status": one_of("QUEUED", "RUNNING", "COMPLETED", "FAILED"),
            "target": TEXT,
            "multipleAccessToken": MULTIPLE_ACCESS_ID,
            "owners": _rows("Owner"),
            "accounts": _rows("Account"),
            "exception": record({"name": NAME, "message": TEXT}, required=("name", "message")),
            "receipt": named("Receipt"),
        },
        required=("id", "status"),
        description="`owners` and `accounts` when COMPLETED, `exception` when FAILED.",
    ),
    "Owner": record(
        {"externalId": OWNER_EXTERNAL_ID, "name": TEXT, "email": TEXT, "nationalId": TEXT}
    ),
    "Account": record(
        {
            "number": TEXT,
            "currency": CURRENCY,
            "balance": AMOUNT,
            "availableBalance": AMOUNT,
            "transactions": _rows("Transaction"),
            "id": OUR_ID,
        },
        required=("currency", "transactions"),
        description="`id` stays the same at every import, whoever's consent it is read through.",
    ),
    "Transaction": record(
        {
            "date": DAY,
            "amount": AMOUNT,
            "currency": CURRENCY,
            "description": TEXT,
            "counterpartyName": TEXT,
            "counterpartyAccount": TEXT,
            "label": TEXT,
            "id": OUR_ID,
        },
        required=("amount", "currency"),
        description="Newest first; a negative amount is an outflow. `id` stays the same at every "
        "import, also when the bank changes its own.",
    ),
    "Receipt": record(
        {
            "outcome": one_of(*(one.value for one in Outcome)),
            **dict.fromkeys(_COUNTS, COUNT),
            "retiredIds": {"type": "array", "items": OUR_ID},
            "skipped": {
                "type": "object",
                "properties": {why.value: {**COUNT, "description": MEANINGS[why]} for why in Skip},
                "description": "Rows the bank sent that are not in the result, by reason.",
            },
            "balances": _rows("BalanceCheck"),
            "rereads": COUNT,
            "callsLeft": {
                **COUNT,
                "description": "Imports the consent still allows in these 24 hours.",
            },
            "target": TEXT,
            "standard": TEXT,
            "version": TEXT,
        },
        required=("outcome", *_COUNTS),
        description="What the import did and how sure it is of it. "
        + " ".join(f"`{one.value}`: {MEANINGS[one]}" for one in Outcome)
        + " `retiredIds` are rows of earlier imports that do not exist any more.",
    ),
    "BalanceCheck": record(
        {
            "accountId": OUR_ID,
            "currency": CURRENCY,
            "gap": AMOUNT,
            "reason": one_of(*(one.value for one in Reason))
            | {"description": " ".join(f"`{one.value}`: {MEANINGS[one]}" for one in Reason)},
            "provenSince": DAY,
            "newestOn": DAY,
            "balanceOn": DAY,
        },
        required=("accountId", "currency"),
        description="One account's balance against its rows. Without `gap` there is nothing to "
        "compare; a gap other than zero, and none, have their `reason`. `provenSince` is the "
        "day of the oldest row, where the rows' own balances lead from it to the account's. A list "
        "that begins later than was asked for may be all there is, or not: no bank says so.",
    ),
    "Catalogue": record({"targets": _rows("CatalogueTarget")}, required=("targets",)),
    "CatalogueTarget": record(
        {
            "id": TEXT,
            "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "name": {"type": "string"},
            "accessModes": {"type": "array", "minItems": 1, "items": one_of(*MODES)},
        },
        required=("id", "country", "name", "accessModes"),
    ),
    "Deletions": record(
        {"deletions": _rows("Deletion"), "more": {"type": "boolean"}},
        required=("deletions", "more"),
        description="`more`: there are older ones, `before` the id of the last.",
    ),
    "Deletion": record(
        {
            "id": CURSOR,
            "at": MOMENT,
            "cause": one_of(*Cause),
            "subject": TEXT,
            "counts": {"type": "object", "additionalProperties": COUNT},
            "commands": {"type": "array", "items": COMMAND_ID},
        },
        required=("id", "at", "cause", "counts", "commands"),
        description="The proof of one deletion: how much of what, and the commands whose data it "
        "was. The subject is the owner who was erased (the opaque word of the event `data-deleted`)"
        " or the day whose key was destroyed.",
    ),
    "Deleted": record(
        {"status": {"const": "200 OK"}, "ownerExternalId": OWNER_EXTERNAL_ID},
        required=("status", "ownerExternalId"),
    ),
}
