"""From the OpenAPI document to what the page shows; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opensaldo.web.docs.curl import curl

METHODS = ("get", "post", "delete")
FAILURE_MIN = 400
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One parameter, member or header: its name, its form in words, and what it means."""

    name: str
    form: str
    meaning: str
    required: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A body as it looks on the wire."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One status of one operation."""

    status: str
    meaning: str
    media: tuple[str, ...]
    examples: tuple[Example, ...]

    @property
    def is_failure(self) -> bool:
        """Whether the request failed."""
        return int(self.status) >= FAILURE_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    needs_key: bool
    fields: tuple[Field, ...]
    curl: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The operations of one tag."""

    name: str
    meaning: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One row of the table of exceptions."""

    status: str
    name: str
    message: str


def chapters(document: Node) -> tuple[Chapter, ...]:
    """The operations by tag, in the document's order."""
    operations = [
        (node["tags"][0], _operation(document, method, path, node))
        for path, item in document["paths"].items()
        for method, node in item.items()
        if method in METHODS
    ]
    return tuple(
        Chapter(
            name=tag["name"],
            meaning=tag["description"],
            operations=tuple(one for name, one in operations if name == tag["name"]),
        )
        for tag in document["tags"]
    )


def faults(document: Node) -> tuple[Fault, ...]:
    """Every exception any operation may answer, by status, then by name."""
    found = {
        Fault(status=status, name=name, message=value["exception"]["message"])
        for status, name, value in _failures(document)
        if "exception" in value
    }
    return tuple(sorted(found, key=lambda fault: (fault.status, fault.name)))


def _failures(document: Node) -> Iterator[tuple[str, str, Node]]:
    for item in document["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                content = _resolved(document, answer)["content"]
                shown = content.get("application/json", {}).get("examples", {})
                if int(status) >= FAILURE_MIN:
                    yield from ((status, name, each["value"]) for name, each in shown.items())


def _operation(document: Node, method: str, path: str, node: Node) -> Operation:
    needs_key = node.get("security", document["security"]) != []
    return Operation(
        anchor=node["operationId"],
        method=method.upper(),
        path=path,
        summary=node["summary"],
        description=node.get("description", ""),
        needs_key=needs_key,
        fields=(*_parameters(node), *_members(node)),
        curl=curl(document["servers"][0]["url"], method, path, node, needs_key=needs_key),
        answers=tuple(
            _answer(status, _resolved(document, answer))
            for status, answer in sorted(node["responses"].items())
        ),
    )


def _parameters(node: Node) -> Iterator[Field]:
    for one in node.get("parameters", ()):
        yield Field(
            name=one["name"],
            form=in_words(one["schema"]),
            meaning=one["description"],
            required=one["required"],
            place=one["in"],
        )


def _members(node: Node) -> Iterator[Field]:
    """The members of the body, as the form says them; what only JSON has comes last."""
    content = node.get("requestBody", {}).get("content", {})
    form, document = (
        content.get(media, {}).get("schema", {"properties": {}})
        for media in ("application/x-www-form-urlencoded", "application/json")
    )
    for name, schema in (document["properties"] | form["properties"]).items():
        yield Field(
            name=name,
            form=in_words(schema),
            meaning=schema["description"],
            required=name in form.get("required", ()),
            place="body" if name in form["properties"] else "JSON body",
        )


def _answer(status: str, answer: Node) -> Answer:
    examples = [
        Example(
            title=media if name.startswith("success") else f"{name} · {media}", text=_text(each)
        )
        for media, content in answer["content"].items()
        for name, each in content.get("examples", {}).items()
    ]
    return Answer(
        status=status,
        meaning=answer["description"].partition(": ")[2] or answer["description"],
        media=tuple(answer["content"]),
        examples=tuple(examples),
    )


def _text(example: Node) -> str:
    value = example["value"]
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value, ensure_ascii=False, indent=2)


def in_words(schema: Node) -> str:
    """The schema's form in a few words.

    >>> in_words({"anyOf": [{"type": "string", "format": "date"}, {"enum": ["", None]}]})
    'date'
    >>> in_words({"enum": ["true", "false", ""]})
    'true | false'
    """
    if "anyOf" in schema:
        said = [in_words(each) for each in schema["anyOf"]]
        return " or ".join(dict.fromkeys(word for word in said if word))
    if "enum" in schema:
        return " | ".join(dict.fromkeys(str(word) for word in schema["enum"] if word))
    if "format" in schema:
        return str(schema["format"])
    return _text_form(schema) if schema.get("type") == "string" else str(schema.get("type", ""))


def _text_form(schema: Node) -> str:
    if "maxLength" in schema:
        return f"text, up to {schema['maxLength']} characters"
    pattern = str(schema.get("pattern", "")).removeprefix("^").removesuffix("$")
    return pattern or "text"


def _resolved(document: Node, node: Node) -> Node:
    reference = node.get("$ref")
    if reference is None:
        return node
    found: Node = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found
