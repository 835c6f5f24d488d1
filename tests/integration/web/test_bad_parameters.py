"""Parameters that are wrong, unknown or at odds with each other: the name and status of each."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.e2e.checked import SHOP, CheckedApi
from tests.integration.web.scene import (
    DATA,
    IMPORT,
    MOCK,
    Row,
    judge,
)

ROWS: dict[str, Row] = {
    # target, country, access mode
    "target unknown": (lambda s: s.starts(target="NoBank"), 400, "InvalidTarget"),
    "target markup": (lambda s: s.starts(target="<b>&]]>"), 400, "InvalidTarget"),
    "access mode unknown": (lambda s: s.starts(accessMode="TWICE"), 400, "InvalidParameter"),
    "access mode in psd2 unknown": (
        lambda s: s.starts(psd2={"accessMode": "single"}),
        400,
        "InvalidParameter",
    ),
    "country unknown": (lambda s: s.starts(country="de"), 400, "InvalidParameter"),
    "mock country unknown": (lambda s: s.post(MOCK, country="de"), 400, "InvalidParameter"),
    "mock country upper case": (lambda s: s.post(MOCK, country="PL"), 400, "InvalidParameter"),
    "mock multipleAccess": (
        lambda s: s.post(MOCK, multipleAccess="yes"),
        400,
        "InvalidParameter",
    ),
    "mock login too long": (lambda s: s.post(MOCK, login="x" * 101), 400, "InvalidParameter"),
    "mock login with control characters": (
        lambda s: s.post(MOCK, login="test1\r\nX: y"),
        400,
        "InvalidParameter",
    ),
    "catalogue country": (
        lambda s: s.get("/v1/command-catalog.xml", country="de"),
        400,
        "InvalidParameter",
    ),
    "catalogue favicons": (
        lambda s: s.get("/v1/command-catalog.xml", favicons="1"),
        400,
        "InvalidParameter",
    ),
    "ais catalogue country": (
        lambda s: s.get("/v1/ais-catalog", country="xx"),
        400,
        "InvalidParameter",
    ),
    "locale": (lambda s: s.starts(locale="../../etc"), 400, "InvalidParameter"),
    "forceSca": (lambda s: s.starts(forceSca="maybe"), 400, "InvalidParameter"),
    "clientIdentity with line breaks": (
        lambda s: s.starts(clientIdentity="A\nB"),
        400,
        "InvalidParameter",
    ),
    "clientIdentity too long": (
        lambda s: s.starts(clientIdentity="x" * 201),
        400,
        "InvalidParameter",
    ),
    # dates
    "since not a date": (lambda s: s.imports(since="soon"), 400, "InvalidSince"),
    "since in the future": (lambda s: s.imports(since="2026-03-03"), 400, "InvalidSince"),
    "since twice": (
        lambda s: s.raw(
            IMPORT,
            urlencode(
                [
                    ("sessionId", s.pair[0]),
                    ("sessionIdSignature", s.pair[1]),
                    ("since", "2026-01-01"),
                    ("since", "2026-01-02"),
                ]
            ).encode(),
        ),
        400,
        "InvalidParameter",
    ),
    "maxImportDate not a date": (lambda s: s.starts(maxImportDate="x"), 400, "InvalidParameter"),
    # addresses
    "redirectUri relative": (lambda s: s.starts(redirectUri="/return"), 400, "InvalidParameter"),
    "redirectUri script": (
        lambda s: s.starts(redirectUri="javascript:alert(1)"),
        400,
        "InvalidParameter",
    ),
    "redirectUri with a user": (
        lambda s: s.starts(redirectUri="https://a:b@shop.example.com/"),
        400,
        "InvalidParameter",
    ),
    "redirectUri with a line break": (
        lambda s: s.starts(redirectUri=SHOP + "\r\nX-Evil: 1"),
        400,
        "InvalidParameter",
    ),
    "redirectUri without host": (
        lambda s: s.starts(redirectUri="https://"),
        400,
        "InvalidParameter",
    ),
    "redirectUri bad port": (
        lambda s: s.starts(redirectUri="https://shop.example.com:99999/"),
        400,
        "InvalidParameter",
    ),
    "redirectUri too long": (
        lambda s: s.starts(redirectUri=SHOP + "?" + "x" * 2000),
        400,
        "InvalidParameter",
    ),
    # names with two forms
    "two names, two values": (
        lambda s: s.get(DATA, ownerExternalId="a", externalOwnerId="b"),
        400,
        "InvalidParameter",
    ),
    "two return addresses": (
        lambda s: s.starts(redirectUri=SHOP, redirectUrl=SHOP + "2"),
        400,
        "InvalidParameter",
    ),
    "two access modes": (
        lambda s: s.starts(accessMode="SINGLE", psd2={"accessMode": "MIXED"}),
        400,
        "InvalidParameter",
    ),
    "one name twice": (
        lambda s: s.api.call("GET", DATA + "?ownerExternalId=a&ownerExternalId=b"),
        400,
        "InvalidParameter",
    ),
    "a list where a text belongs": (
        lambda s: s.starts(target=["KontoBankApi"]),
        400,
        "InvalidParameter",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_bad_input_gets_its_name_and_status(api: CheckedApi, row: Row):
    judge(api, row)
