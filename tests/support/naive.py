"""An importer as many are written: it believes the bank's ids, pages, signs, links and statuses.

It reads a Berlin Group bank over real HTTP, for tests that show what such belief costs. What a
pack of misbehaviour makes it get wrong, the platform has to get right.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

DONE, SIGN_IN_AGAIN = "done", "sign in again"
ENDED = ("CONSENT_EXPIRED", "CONSENT_INVALID", "TOKEN_EXPIRED")
TIMEOUT_S = 20
Row = tuple[str, str, int, str]


class Ended(Exception):
    """The bank says that the access is over."""


@dataclass
class Naive:
    """What was imported so far: rows by the bank's id, over all imports."""

    root: str
    consent: str
    token: str = ""
    rows: dict[str, Row] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    turnover: Counter[str] = field(default_factory=Counter)
    worth: int = 0
    told: str = ""

    def run(self, since: str, until: str) -> str:
        """One import; what the person is told."""
        self.worth = 0
        try:
            for account in self._get(f"{self.root}/accounts").get("accounts", []):
                self._read(account, since, until)
        except Ended:
            return SIGN_IN_AGAIN
        return DONE

    def _read(self, account: dict[str, Any], since: str, until: str) -> None:
        name, number = account["resourceId"], account["iban"][-4:]
        shown = self._get(f"{self.root}/accounts/{name}/balances").get("balances", [])
        amount = shown[0]["balanceAmount"]["amount"] if shown else "0.00"
        self.balances[number] = minor(amount)
        self.worth += self.balances[number]
        asked = {"bookingStatus": "both", "dateFrom": since, "dateTo": until}
        url: str | None = f"{self.root}/accounts/{name}/transactions?{urlencode(asked)}"
        self.turnover[number] = 0
        while url is not None:
            url = self._page(url, number)

    def _page(self, url: str, number: str) -> str | None:
        """The rows of one page are kept; the address of the next one."""
        report = self._get(url).get("transactions", {"booked": [], "_links": {}})
        for row in [*report["booked"], *report.get("pending", [])]:
            self._keep(row, number)
        following = report["_links"].get("next")
        if not report["booked"] or following is None:
            return None
        parts = urlsplit(self.root)
        return f"{parts.scheme}://{parts.netloc}{following['href']}"

    def _keep(self, row: dict[str, Any], number: str) -> None:
        for side in ("creditorAccount", "debtorAccount"):
            if side in row and not row[side]["iban"].isalnum():
                raise ValueError("no account number")
        amount = minor(row["transactionAmount"]["amount"])
        title = row["remittanceInformationUnstructured"]
        self.rows[row["transactionId"]] = (number, row.get("bookingDate", ""), amount, title)
        self.turnover[number] += amount

    def _get(self, url: str) -> dict[str, Any]:
        """The reply; nothing where the bank refuses, for then there is nothing new."""
        headers = {
            "X-Request-ID": str(uuid.uuid4()),
            "Consent-ID": self.consent,
            "Accept": "application/json",
            "PSU-IP-Address": "192.0.2.7",
        }
        request = urllib.request.Request(url, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT_S) as reply:
                found: dict[str, Any] = json.loads(reply.read())
                return found
        except urllib.error.HTTPError as refused:
            body = refused.read()
            if refused.code == 401 and json.loads(body)["tppMessages"][0]["code"] in ENDED:
                raise Ended from None
            return {}


def minor(amount: str) -> int:
    """The amount in cents."""
    return int(amount.replace(".", ""))
