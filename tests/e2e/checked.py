"""A client whose every reply is held against the contract, whatever the test is about."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from opensaldo.connectors.http import BrowsedPage, Door
from opensaldo.engine.mock import MockPerson, read_page, walk
from tests.support import xsd
from tests.support.platform import Api, Reply, command_of

HALF_A_YEAR = "2025-09-03"  # to NOON: six months, in which the default person has 72 rows
JSON = "application/json"
XML_TYPE = "application/xml; charset=utf-8"
SHOP = "https://shop.example.com/return"
DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
REQUEST_ID = re.compile(r"[0-9a-f]{32}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def check(reply: Reply) -> None:
    """What the contract says of every reply (sections 1.3, 2.3, 2.5, 2.6)."""
    assert REQUEST_ID.fullmatch(reply.headers["x-request-id"])
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"]
    kind = reply.headers.get("content-type", "")
    if kind == JSON:
        _check_json(reply)
    elif kind.startswith("application/xml"):
        _check_xml(reply, kind)


def _check_xml(reply: Reply, kind: str) -> None:
    if b"XMLSchema" in reply.body[:400] and b"<reply" not in reply.body[:400]:
        return  # a schema file itself
    assert kind == XML_TYPE
    assert reply.body.startswith(DECLARATION)
    assert xsd.faults(reply.body) == []
    root = reply.xml
    assert root.attrib["status"].split()[0] == str(reply.status)
    assert TIMESTAMP.fullmatch(root.attrib["responseTimestamp"])
    if reply.status == 401:
        assert (root.find("exception"), "user" in root.attrib) == (None, False)
        assert root.find("comment") is not None
    else:
        assert (root.find("exception") is not None) == (reply.status >= 400)
    assert (xsd.XSI_LOCATION in root.attrib) == (reply.status < 400)


def _check_json(reply: Reply) -> None:
    if reply.status < 400:
        return
    body = reply.json
    assert body["status"].split()[0] == str(reply.status)
    assert TIMESTAMP.fullmatch(body["responseTimestamp"])
    if reply.status == 401:
        assert set(body) == {"status", "responseTimestamp", "comment"}
    else:
        assert set(body["exception"]) == {"name", "message"}
        assert body["exception"]["message"]


@dataclass
class CheckedApi(Api):
    """One client's view of one server; replies that break the contract fail the test."""

    client_id: str = ""

    def call(self, *args: Any, **kwargs: Any) -> Reply:
        reply = super().call(*args, **kwargs)
        if args[0] == "HEAD":
            return reply
        check(reply)
        user = None
        if reply.headers.get("content-type") == XML_TYPE:
            user = reply.xml.attrib.get("user")
        assert user in {None, self.client_id}
        return reply

    def started(self, **body: Any) -> dict[str, str]:
        """A new redirection to the mock bank, as the client is told of it."""
        asked = {"target": "KontoBankApi", "redirectUri": SHOP, **body}
        given = {name: value for name, value in asked.items() if value is not None}
        reply = self.call("POST", "/v1/signin/redirection", json_body=given)
        assert reply.status == 200, reply.body
        made: dict[str, str] = reply.json
        return made

    def status(self, **query: str) -> dict[str, Any]:
        """Where a redirection stands."""
        reply = self.call("GET", "/v1/signin/redirection-status", query=query)
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.json
        return found

    def finished(self, session: tuple[str, str], **more: str) -> Reply:
        """The final poll of an import in this session."""
        accepted = self.submit(session, **more)
        assert accepted.status == 202, accepted.body
        return self.poll(command_of(accepted).attrib["id"])

    def ordered(self, session: tuple[str, str], command: str, **more: str) -> Reply:
        """The reply to an advanced command (`import-owners`) in this session."""
        form = {"sessionId": session[0], "sessionIdSignature": session[1], **more}
        return self.call("POST", f"/v1/command/{command}.xml", form)

    def done(self, session: tuple[str, str], command: str, **more: str) -> Reply:
        """The final poll of an advanced command."""
        accepted = self.ordered(session, command, **more)
        assert accepted.status == 202, accepted.body
        return self.poll(command_of(accepted).attrib["id"])

    def data(self, owner: str) -> Reply:
        """Everything kept under the owner's id."""
        return self.call("GET", "/v1/data.xml", query={"ownerExternalId": owner})


def owner_of(reply: Reply) -> str | None:
    """The owner's id in the envelope."""
    return reply.xml.attrib.get("ownerExternalId")


def rows_of(reply: Reply) -> list[ElementTree.Element]:
    """The transactions of a reply, in its order."""
    return reply.xml.findall(".//moneyTransaction")


def days_of(reply: Reply) -> list[str]:
    """The day of each transaction, in the reply's order."""
    return [
        row.findtext("transactionOn") or row.findtext("bookedOn") or "" for row in rows_of(reply)
    ]


def sign_in(link: str, login: str = "test1", *, until: str = SHOP, **typed: str) -> dict[str, str]:
    """What the address `until` is given after this person walked through all pages."""

    async def go() -> dict[str, str]:
        async with Door() as door:
            return await walk(door, link, MockPerson(login=login, **typed), until=until)

    return asyncio.run(go())


def browse(
    url: str, form: Mapping[str, str] | None = None, cookies: dict[str, str] | None = None
) -> BrowsedPage:
    """One page as a browser gets it, no redirect followed."""

    async def go() -> BrowsedPage:
        async with Door() as door:
            method = "GET" if form is None else "POST"
            return await door.browse(method, url, form, {} if cookies is None else cookies)

    return asyncio.run(go())


def agreement(link: str, target: str) -> dict[str, str]:
    """What our page's form sends when the person agrees to all that it shows."""
    return dict(read_page(browse(f"{link}/consent?target={target}").body).filled({}))


def agree(made: Mapping[str, str], target: str = "KontoBankApi") -> BrowsedPage:
    """Where the person's agreement leads."""
    link = made["redirectionLink"]
    return browse(link + "/consent", agreement(link, target))
