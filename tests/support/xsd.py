"""Checks a reply against the schema it names, and opens it for a test to look at."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

from lxml import etree

XSI_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
FAILURE_SCHEMA = "reply"


@cache
def schema(name: str) -> etree.XMLSchema:
    """The published schema of this name, its include resolved beside it."""
    with as_file(files("opensaldo.wire") / "schema" / "v1") as folder:
        return etree.XMLSchema(etree.parse(str(folder / f"{name}.xsd")))


def schema_named_by(root: etree._Element) -> str:
    """The name of the schema a reply points to; failures point to none and have their own."""
    location = root.get(XSI_LOCATION)
    return FAILURE_SCHEMA if location is None else location.rpartition("/")[2].removesuffix(".xsd")


def parsed(reply: bytes) -> etree._Element:
    """The root of a reply."""
    return etree.fromstring(reply, etree.XMLParser(huge_tree=True))


def faults(reply: bytes, name: str | None = None) -> list[str]:
    """What the schema has to say against a reply; the schema it names unless one is given."""
    root = parsed(reply)
    judge = schema(name or schema_named_by(root))
    judge.validate(root)
    return [f"{entry.line}: {entry.message}" for entry in judge.error_log]


def checked(reply: bytes) -> etree._Element:
    """The root of a reply that its own schema finds no fault with."""
    assert faults(reply) == []
    return parsed(reply)
