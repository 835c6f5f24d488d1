"""The document's chapter on signing in: redirection and mock session."""

from __future__ import annotations

from typing import Any

from opensaldo.data import COUNTRIES
from opensaldo.errors import (
    BankUnreachable,
    ConcurrentSessionsLimitExceed,
    FeatureNotEnabled,
    InvalidCredentials,
    InvalidOwnerExternalId,
    InvalidRedirectionId,
    InvalidSessionId,
    InvalidTarget,
    NotFound,
)
from opensaldo.web.api import openapi_examples as examples
from opensaldo.web.api import openapi_schemas as schemas
from opensaldo.web.api.mock import LOGIN_LENGTH_MAX
from opensaldo.web.api.openapi_answers import WITH_KEY, both, failures, json_success, xml_success
from opensaldo.web.api.openapi_parameters import (
    FLAG,
    FLAG_IN_JSON,
    OWNER,
    OWNER_SECOND_NAME,
    Parameter,
    in_body,
    in_query,
)
from opensaldo.web.api.openapi_schemas import Schema, named, one_of
from opensaldo.web.common import Dialect
from opensaldo.web.sign_in_options import (
    ALL,
    LOCALE,
    STYLE_LENGTH_MAX,
    STYLES_MAX,
    TEXT_LENGTH_MAX,
    URI_LENGTH_MAX,
)
from opensaldo.wire import xml_v1

_LINK = f"https://signin.example.org/redirection/{examples.REDIRECTION_ID}"

_URI: Schema = {"type": "string", "format": "uri", "maxLength": URI_LENGTH_MAX}
_MODE: Schema = one_of(*schemas.MODES)
_ACCESS_MODE = Parameter(
    name="accessMode",
    meaning="One visit, repeated visits, or repeated where the bank offers them; default SINGLE. "
    "May stand flat or inside `psd2`.",
    schema=_MODE,
)
_MAX_IMPORT_DATE = Parameter(
    name="maxImportDate",
    meaning="The oldest day that may be imported. May stand flat or inside `psd2`.",
    schema=schemas.DAY,
)
_FORCE_SCA = Parameter(
    name="forceSca",
    meaning="Whether to ask for the extra authentication some banks want beyond 90 days; default "
    "false. May stand flat or inside `psd2`.",
    schema=FLAG,
    in_json=FLAG_IN_JSON,
)


def _shows(name: str, what: str, default: str) -> Parameter:
    """A switch of one part of the list of banks."""
    meaning = f"Whether the list of banks shows {what}; default {default}."
    return Parameter(name=name, meaning=meaning, schema=FLAG, in_json=FLAG_IN_JSON)


_REDIRECTION = (
    Parameter(
        name="redirectUri",
        meaning="Where the person goes afterwards, with `redirectionId` added: an absolute address,"
        " https on production. Without it the flow ends on a page of the platform.",
        schema=_URI,
        example="https://shop.example.com/return",
    ),
    Parameter(name="redirectUrl", meaning="Second name of `redirectUri`.", schema=_URI),
    OWNER,
    OWNER_SECOND_NAME,
    Parameter(
        name="country",
        meaning="Two lower-case letters, or `all`; without it the person chooses.",
        schema=one_of(*COUNTRIES, ALL),
        example="pl",
    ),
    Parameter(
        name="locale",
        meaning="The language of the pages: `pl`, `en`, `es`, `cs` or `cz`, `pt`, `ro`, `lt`, `lv`,"
        " `et` or `ee`; `br` and `mx` get `pt` and `es`, any other gets the"
        " operator's, Polish unless set. Without it the country's, then the browser's.",
        schema={"type": "string", "pattern": f"^{LOCALE.pattern}$"},
        example="pl",
    ),
    Parameter(
        name="target",
        meaning="Preselects a bank by its target name.",
        schema=schemas.TEXT,
        example="KontoBankApi",
    ),
    _ACCESS_MODE,
    _MAX_IMPORT_DATE,
    _FORCE_SCA,
    Parameter(
        name="clientIdentity",
        meaning="The client's full legal name as the agreement shows it, one line.",
        schema={"type": "string", "minLength": 1, "maxLength": TEXT_LENGTH_MAX},
        in_json={
            "type": ["string", "number", "boolean"],
            "minLength": 1,
            "maxLength": TEXT_LENGTH_MAX,
        },
    ),
    _shows("showFavicons", "a badge beside each bank", "false"),
    _shows("showDefaultTarget", "which of a bank's ways is the usual one", "true"),
    _shows("showBetaQualityLabels", "which banks are in beta", "true on TEST, false elsewhere"),
    _shows("showTargetMissingOption", "the way out for whose bank is not listed", "true"),
    _shows("showTargetMissingForm", "the form of that way out", "true"),
)
_PSD2: Schema = {
    "type": ["object", "null"],
    "properties": {one.name: one.as_member for one in (_ACCESS_MODE, _MAX_IMPORT_DATE, _FORCE_SCA)},
    "description": "The same three, grouped.",
}
STYLE_NAMES = (
    "alertErrorBgColor",
    "alertErrorBorderColor",
    "alertErrorTextColor",
    "bodyBgColor",
    "btnBgColor",
    "btnBorderColor",
    "btnTextColor",
    "btnPrimaryBgColor",
    "btnPrimaryBorderColor",
    "btnPrimaryTextColor",
    "inputBgColor",
    "inputBorderColor",
    "inputTextColor",
    "inputDisabledTextColor",
    "inputBorderFocusColor",
    "menuHighlightBgColor",
    "textColor",
    "borderRadius",
)
_STYLE: Schema = {"type": ["string", "number", "boolean", "null"]}
_STYLES: Schema = {
    "type": ["object", "null"],
    "maxProperties": STYLES_MAX,
    "properties": dict.fromkeys(STYLE_NAMES, _STYLE),
    "additionalProperties": _STYLE,
    "description": "Colours of the pages as CSS writes them (no `var()`, no `url()`), and the "
    f"corners' radius in pixels. What is no plain colour, or longer than {STYLE_LENGTH_MAX} "
    "characters, is dropped. In a form: `styles.textColor` or `styles[textColor]`.",
    "example": {"btnPrimaryBgColor": "#3a48b8", "borderRadius": 8},
}
_MOCK = (
    Parameter(
        name="login",
        meaning="A login of the mock bank; default `test1`.",
        schema={"type": "string", "minLength": 1, "maxLength": LOGIN_LENGTH_MAX},
        example="test1",
    ),
    Parameter(
        name="country",
        meaning="The mock bank of this country; default `pl`.",
        schema=one_of(*COUNTRIES),
        example="pl",
    ),
    OWNER,
    OWNER_SECOND_NAME,
    Parameter(
        name="target",
        meaning="A target of the catalogue, which the mock bank plays. Default the bank's own: "
        "`KontoBank` and `KontoBank_<cc>`, its online service; `KontoBankApi` and "
        "`KontoBankApi_<cc>` for repeated access and in Romania.",
        schema={"type": "string"},
        example="KontoBankApi",
    ),
    Parameter(
        name="multipleAccess",
        meaning="Whether to ask for repeated access; default false.",
        schema=FLAG,
        in_json=FLAG_IN_JSON,
    ),
)

_NEXT: Schema = {
    "import": {
        "operationId": "startDefaultImport",
        "requestBody": {
            "sessionId": "$response.body#/sessionId",
            "sessionIdSignature": "$response.body#/sessionIdSignature",
        },
        "description": "The session is signed in: import next.",
    }
}


def paths(public_url: str) -> dict[str, Any]:
    """The paths of this chapter."""
    return {
        "/v1/signin/redirection": {"post": _start(public_url)},
        "/v1/signin/redirection-status": {"get": _status(public_url)},
        "/v1/mock-session.xml": {"post": _mock(public_url)},
    }


def _start(public_url: str) -> Schema:
    reply = {
        "redirectionId": examples.REDIRECTION_ID,
        "redirectionLink": _LINK,
        "redirectUrl": _LINK,
        "sessionId": examples.SESSION_ID,
        "sessionIdSignature": examples.SIGNATURE,
    }
    errors = (
        *WITH_KEY,
        InvalidTarget,
        InvalidOwnerExternalId,
        FeatureNotEnabled,
        ConcurrentSessionsLimitExceed,
    )
    return {
        "tags": ["Sign-in"],
        "operationId": "startRedirection",
        "summary": "Start a redirection",
        "description": "A link for one person and one sign-in; it lives one hour. The session is "
        "made at once and can be used when the person is back.",
        "requestBody": in_body(*_REDIRECTION, extra_members={"psd2": _PSD2, "styles": _STYLES}),
        "responses": {
            "200": json_success(named("RedirectionStarted"), "The link and its session.", reply),
            **failures(public_url, Dialect.JSON, errors),
        },
    }


def _status(public_url: str) -> Schema:
    params = {
        "sessionId": examples.SESSION_ID,
        "sessionIdSignature": examples.SIGNATURE,
        "multipleAccessId": None,
        "target": "KontoBankApi",
        "officialName": "KontoBank",
        "exception": None,
    }
    by_session = {"sessionId": examples.SESSION_ID, "status": "COMPLETED"}
    either = {"anyOf": [named("RedirectionStatus"), named("RedirectionStatusBySession")]}
    errors = (*WITH_KEY, InvalidRedirectionId, InvalidSessionId)
    return {
        "tags": ["Sign-in"],
        "operationId": "getRedirectionStatus",
        "summary": "Ask where a redirection stands",
        "description": "By `redirectionId` or by `sessionId`, one of them is required; each has "
        "its own words. With both, they must belong together and the first form is answered.",
        "parameters": in_query(
            Parameter(
                name="redirectionId",
                meaning="As the redirection was started, or as it came back in the address.",
                schema=schemas.REDIRECTION_ID,
                example=examples.REDIRECTION_ID,
            ),
            Parameter(
                name="sessionId", meaning="The redirection's session.", schema=schemas.SESSION_ID
            ),
        ),
        "responses": {
            "200": json_success(
                either, "Where it stands.", {"status": "SUCCESS", "params": params}, by_session
            ),
            **failures(public_url, Dialect.JSON, errors),
        },
    }


def _mock(public_url: str) -> Schema:
    errors = (
        *WITH_KEY,
        InvalidCredentials,
        InvalidTarget,
        InvalidOwnerExternalId,
        FeatureNotEnabled,
        NotFound,
        ConcurrentSessionsLimitExceed,
        BankUnreachable,
    )
    inner = xml_v1.session(examples.SESSION_ID, examples.SIGNATURE)
    in_xml = examples.xml_reply(public_url, "session", inner, owner=examples.OWNER)
    in_json = {"sessionId": examples.SESSION_ID, "sessionIdSignature": examples.SIGNATURE}
    meaning = "The session, signed in to the mock bank."
    return {
        "tags": ["Sign-in"],
        "operationId": "createMockSession",
        "summary": "Sign a made-up person in to the mock bank",
        "description": "Test environment only; on production the path is not found. A login that "
        "fails at the bank answers 400 with that exception's name.",
        "requestBody": in_body(*_MOCK),
        "responses": {
            "200": {
                **both(
                    xml_success(public_url, "session", meaning, example=in_xml),
                    json_success(named("Session"), meaning, in_json),
                ),
                "links": _NEXT,
            },
            **failures(public_url, Dialect.BOTH, errors),
        },
    }
