"""The way in and out: password, codes, pictures, approval in the app, messages, sign-out."""

import hmac
from datetime import timedelta
from typing import Any

from starlette.responses import RedirectResponse, Response

from kontobank.apis.online import picture
from kontobank.apis.online.calls import Call
from kontobank.apis.online.logins import (
    APP,
    APPROVED_AT_POLL,
    BRANCHES,
    CAPTCHA,
    ID_TYPES,
    LATE_LOGIN,
    NOTICE,
    PICTURE,
    REFUSED_LOGIN,
    TERMS,
    knows,
    steps_of,
)
from kontobank.apis.online.pages import HEADERS, page
from kontobank.apis.online.visits import APPROVAL_LIFE_S, COOKIE, Visit, Visits
from kontobank.apis.online.words import words_of
from kontobank.clock import Clock
from kontobank.faults import FaultPlan
from kontobank.people.owners import CODE, PASSWORD

TRIES_MAX = 3
LOGIN_CHARACTERS_MAX = 64
WRONG, REFUSED, LATE, LOCKED, GENERAL, TOO_OLD = "E101", "E102", "E103", "E202", "E900", "E403"
ERROR_OF_PERSON = {
    "AccessBlocked": "E201",
    "AccessTemporarilyBlocked": "E202",
    "ManualActionRequired": "E301",
    "TargetCredentialsMismatch": "E302",
    "UnsupportedLoginMethod": "E303",
    "UnsupportedLanguage": "E304",
    "InsufficientIdentificationLevel": "E305",
}


class Entrance:
    """Takes visits from the login page to the accounts and out again."""

    def __init__(self, clock: Clock, visits: Visits, faults: FaultPlan) -> None:
        self._clock, self._visits, self._faults = clock, visits, faults

    def show_login(self, call: Call) -> Response:
        """The login page in a visit of its own."""
        error = "timeout" if call.query.get("reason") == "timeout" else None
        visit = self._visits.open(call.place, call.country, call.mask)
        call.visit = visit
        return self._login_page(call, visit, error)

    def submit_login(self, call: Call) -> Response:
        """To the next step, or the login page again with what was wrong."""
        visit = call.visit
        if visit is None or not _is_own_form(call, visit):
            return page("refused", *call.where, status=403, error=TOO_OLD)
        login = call.form.get("idNumber", "").strip()[:LOGIN_CHARACTERS_MAX]
        is_right = hmac.compare_digest(call.form.get("password", "").encode(), PASSWORD.encode())
        if not (is_right and _names_somebody(call.form) and knows(login)):
            return self._wrong(call, visit, "login")
        fault = self._faults.sign_in_fault(login, call.country)
        if fault is not None:
            self._visits.end(visit)
            error = ERROR_OF_PERSON.get(fault[1] or "", GENERAL)
            return page("refused", *call.where, error=error)
        visit.login, visit.steps, visit.tries = login, list(steps_of(login)), 0
        return self._onwards(call, visit)

    def show_step(self, call: Call) -> Response:
        """The page of the step the visit is at; an approval is asked for once more."""
        visit = call.visit
        if visit is None or visit.login is None:
            return away(call, "/login?reason=timeout")
        if not visit.steps:
            return away(call, "/start")
        step = visit.steps[0]
        if step == NOTICE and call.query.get("seen"):
            return self._next_step(call, visit)
        if step == APP:
            return self._approval(call, visit)
        return self._step_page(call, visit, None)

    def submit_step(self, call: Call) -> Response:
        """The next step, or the same page again with what was wrong."""
        visit = call.visit
        if visit is None or not visit.steps or not _is_own_form(call, visit):
            return page("refused", *call.where, status=403, error=TOO_OLD)
        step = visit.steps[0]
        if step == PICTURE and call.form.get("picture") == "no":
            self._visits.end(visit)
            return page("refused", *call.where, error=REFUSED)
        if step == TERMS and call.form.get("accept") != "yes":
            return self._step_page(call, visit, None)
        if self._is_right(visit, step, call.form):
            return self._next_step(call, visit)
        return self._wrong(call, visit, step)

    def show_picture(self, call: Call) -> Response:
        """The picture of the step the visit is at."""
        visit = call.visit
        if visit is None or not visit.steps or visit.steps[0] not in (CAPTCHA, PICTURE):
            return Response(status_code=404)
        shown = visit.digits() if visit.steps[0] == CAPTCHA else "47"
        return Response(picture.draw(shown), media_type=picture.PNG_TYPE, headers=HEADERS)

    def keep_alive(self, call: Call) -> Response:
        """The visit was seen; how long it lasts from now."""
        if call.visit is None:
            return away(call, "/login?reason=timeout")
        return Response(f"OK {call.visit.idle_s}", media_type="text/plain", headers=HEADERS)

    def sign_out(self, call: Call) -> Response:
        """The visit is over."""
        if call.visit is not None:
            self._visits.end(call.visit)
        response = page("out", *call.where)
        response.set_cookie(COOKIE, "", max_age=0, path=f"/online/{call.place}", httponly=True)
        return response

    def _is_right(self, visit: Visit, step: str, form: dict[str, str]) -> bool:
        if step == CAPTCHA:
            return form.get("captcha", "").strip() == visit.digits()
        if step == PICTURE:
            return form.get("picture") == "yes"
        if step in (NOTICE, TERMS):
            return True
        return hmac.compare_digest(form.get("code", "").strip().encode(), CODE.encode())

    def _wrong(self, call: Call, visit: Visit, step: str) -> Response:
        visit.tries += 1
        if visit.tries >= TRIES_MAX:
            self._visits.end(visit)
            return page("refused", *call.where, error=LOCKED)
        if step == "login":
            return self._login_page(call, visit, WRONG)
        return self._step_page(call, visit, WRONG)

    def _approval(self, call: Call, visit: Visit) -> Response:
        visit.polls += 1
        since = visit.step_since or self._clock.now()
        if visit.login == REFUSED_LOGIN and visit.polls > APPROVED_AT_POLL:
            self._visits.end(visit)
            return page("refused", *call.where, error=REFUSED)
        if self._clock.now() - since > timedelta(seconds=APPROVAL_LIFE_S):
            self._visits.end(visit)
            return page("refused", *call.where, error=LATE)
        if visit.polls > APPROVED_AT_POLL and visit.login not in (REFUSED_LOGIN, LATE_LOGIN):
            return self._next_step(call, visit)
        return page("approval", *call.where)

    def _next_step(self, call: Call, visit: Visit) -> Response:
        del visit.steps[0]
        visit.tries = 0
        return self._onwards(call, visit)

    def _onwards(self, call: Call, visit: Visit) -> Response:
        visit.polls, visit.step_since = 0, self._clock.now()
        return away(call, "/confirm" if visit.steps else "/start")

    def _login_page(self, call: Call, visit: Visit, error: str | None) -> Response:
        visit.pages += 1
        response = page("login", *call.where, error=error, token=visit.token)
        response.set_cookie(COOKIE, visit.id, path=f"/online/{call.place}", httponly=True)
        return response

    def _step_page(self, call: Call, visit: Visit, error: str | None) -> Response:
        visit.pages += 1
        step = visit.steps[0]
        name = step if step in (CAPTCHA, PICTURE, NOTICE, TERMS) else "code"
        lead = words_of(call.country)[step].replace("{challenge}", visit.digits())
        values: dict[str, Any] = {"step": step, "lead": lead, "number": visit.pages}
        return page(name, *call.where, error=error, token=visit.token, **values)


def away(call: Call, path: str) -> Response:
    """The browser goes to another page of the place."""
    return RedirectResponse(f"/online/{call.place}{path}", 303, headers=HEADERS)


def _is_own_form(call: Call, visit: Visit) -> bool:
    return hmac.compare_digest(call.form.get("_csrf", "").encode(), visit.token.encode())


def _names_somebody(form: dict[str, str]) -> bool:
    """Whether what goes with the chosen kind of number is there."""
    kind = form.get("idType", "")
    if kind == "COMPANY_LOGIN" and not form.get("company", "").strip():
        return False
    if kind == "CHOICE" and form.get("branch") not in BRANCHES:
        return False
    return kind in ID_TYPES
