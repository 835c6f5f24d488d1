"""What a client asks of a sign-in, read from a request (wire contract, sections 4.1 and 14.2)."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from opensaldo.data import COUNTRIES
from opensaldo.domain.client import Environment
from opensaldo.domain.look import Look
from opensaldo.domain.target import AccessMode
from opensaldo.engine.signin import SignInOptions
from opensaldo.errors import InvalidParameter
from opensaldo.wire import forms
from opensaldo.wire.params import Params

ALL = "all"
URI_LENGTH_MAX = 2000
TEXT_LENGTH_MAX = 200
STYLES_MAX = 40
STYLE_LENGTH_MAX = 40  # what is longer is no plain colour, and dropped
LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?")


def sign_in_options(params: Params) -> SignInOptions:
    """All that a redirection and a widget have in common.

    Raises:
        InvalidParameter: one of them is malformed.
        InvalidOwnerExternalId: empty, too long or with control characters.
    """
    owner = params.text("ownerExternalId")
    is_sent = params.has("ownerExternalId")
    return SignInOptions(
        access_mode=_access_mode(params.text("accessMode")),
        owner_external_id=forms.owner_external_id(owner or "") if is_sent else None,
        country=_country(params.text("country")),
        locale=_locale(params.text("locale")),
        target=params.text("target"),
        max_import_date=params.day("maxImportDate"),
        force_sca=params.flag("forceSca"),
        client_identity=_short(params.text("clientIdentity"), "clientIdentity"),
        look=_look(params),
    )


def with_redirect_uri(
    options: SignInOptions, params: Params, environment: Environment
) -> SignInOptions:
    """The options of a redirection: where the person goes at its end.

    Raises:
        InvalidParameter: no absolute http(s) address, or not https on production.
    """
    return replace(options, redirect_uri=_redirect_uri(params.text("redirectUri"), environment))


def check_test_logins(params: Params, environment: Environment) -> None:
    """Nobody's real bank is asked by a page that wanted test logins only.

    Raises:
        InvalidParameter: it wanted them on production, where there are none.
    """
    if params.flag("forceTestCredentials") and environment is Environment.PRODUCTION:
        raise InvalidParameter(
            "Production has no test logins: leave forceTestCredentials out, or embed with the"
            " client id of the test environment."
        )


def _look(params: Params) -> Look:
    beta = params.text("showBetaQualityLabels")
    styles = params.within("styles")
    if len(styles) > STYLES_MAX:
        raise InvalidParameter(f"The parameter styles must be at most {STYLES_MAX} values.")
    return Look(
        show_favicons=params.flag("showFavicons"),
        show_default_target=params.flag("showDefaultTarget", default=True),
        show_beta_labels=None if beta is None else params.flag("showBetaQualityLabels"),
        show_target_missing=params.flag("showTargetMissingOption", default=True),
        show_target_missing_form=params.flag("showTargetMissingForm", default=True),
        dynamic_height=params.flag("dynamicHeight"),
        styles={name: one for name, one in styles.items() if len(one) <= STYLE_LENGTH_MAX},
    )


def _access_mode(text: str | None) -> AccessMode:
    try:
        return AccessMode(text) if text is not None else AccessMode.SINGLE
    except ValueError:
        raise InvalidParameter(
            "The parameter accessMode must be SINGLE, MULTIPLE or MIXED."
        ) from None


def _redirect_uri(text: str | None, environment: Environment) -> str | None:
    if text is None:
        return None
    wrong = InvalidParameter(
        "The parameter redirectUri must be an absolute http or https address, https on production."
    )
    if len(text) > URI_LENGTH_MAX or not text.isprintable() or " " in text or "\\" in text:
        raise wrong
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise wrong from None
    schemes = {"https", "http"} if environment is Environment.TEST else {"https"}
    if not is_whole or parts.scheme not in schemes or parts.username is not None:
        raise wrong
    return text


def _country(text: str | None) -> str | None:
    if text is not None and text != ALL and text not in COUNTRIES:
        raise InvalidParameter("The parameter country must be all, " + ", ".join(COUNTRIES) + ".")
    return None if text == ALL else text


def _locale(text: str | None) -> str | None:
    if text is not None and not LOCALE.fullmatch(text):
        raise InvalidParameter("The parameter locale must be a language code such as pl or en.")
    return text


def _short(text: str | None, name: str) -> str | None:
    if text is not None and (len(text) > TEXT_LENGTH_MAX or not text.isprintable()):
        raise InvalidParameter(f"The parameter {name} must be one line of up to 200 characters.")
    return text
