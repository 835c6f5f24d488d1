"""From HTML to a small tree: only what pages of old-style banks need, however badly written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from opensaldo.connectors.lenient import line_of
from opensaldo.errors import BankAnsweredNonsense

PAGE_CHARACTERS_MAX = 2 * 1024 * 1024
ELEMENTS_MAX = 200_000
DEPTH_MAX = 100
BREAK = "\u2028"  # stands for <br> between texts; the bank's own are blanks
VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
SILENT = frozenset({"script", "style", "template", "noscript"})
# an opening tag closes these, up to the nearest table or list around it
CLOSES = {
    "td": ("td", "th"),
    "th": ("td", "th"),
    "tr": ("td", "th", "tr"),
    "dt": ("dt", "dd"),
    "dd": ("dt", "dd"),
    "li": ("li",),
    "option": ("option",),
}
FENCES = frozenset({"table", "dl", "ul", "ol", "select", "html"})


@dataclass(slots=True, eq=False)
class Element:
    """One element with its attributes and what is inside it, in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """This element and all inside it, in the page's order."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += [child for child in reversed(one.children) if isinstance(child, Element)]

    def all(self, tag: str, *, css: str = "") -> list[Element]:
        """The elements of this tag inside, with this class when one is named."""
        return [one for one in self.walk() if one.tag == tag and (not css or css in one.classes)]

    def by_id(self, name: str) -> Element | None:
        """The first element of this id."""
        return next((one for one in self.walk() if one.attributes.get("id") == name), None)

    @property
    def classes(self) -> list[str]:
        """The element's classes."""
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        """The visible text in one line; breaks are blanks."""
        return " ".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """The visible text as the lines that breaks make of it, those that say something."""
        parts = "".join(self._texts()).split(BREAK)
        return [line for part in parts if (line := line_of(part))]

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child.replace(BREAK, " ")
            elif child.tag == "br":
                yield BREAK
            elif child.tag not in SILENT:
                yield from child._texts()


def read(html: str) -> Element:
    """The page as a tree; what is not closed is closed, what is closed twice is ignored.

    Raises:
        BankAnsweredNonsense: the page is larger than any page for people.
    """
    if len(html) > PAGE_CHARACTERS_MAX:
        raise BankAnsweredNonsense("page", f"at most {PAGE_CHARACTERS_MAX} characters")
    builder = _Builder()
    builder.feed(html)  # never closed: an unfinished tag at the end says nothing
    return builder.root


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self._open = [self.root]
        self._count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._count += 1
        if self._count > ELEMENTS_MAX:
            raise BankAnsweredNonsense("page", f"at most {ELEMENTS_MAX} elements")
        self._close_implied(tag)
        first_wins = {name: value or "" for name, value in reversed(attrs)}
        made = Element(tag, first_wins)
        self._open[-1].children.append(made)
        if tag not in VOID and len(self._open) < DEPTH_MAX:
            self._open.append(made)

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag == tag:
                del self._open[place:]
                return
            if self._open[place].tag == "table":
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def _close_implied(self, tag: str) -> None:
        closed = CLOSES.get(tag)
        if closed is None:
            return
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag in FENCES:
                return
            if self._open[place].tag in closed:
                del self._open[place:]
                self._close_implied(tag)
                return
