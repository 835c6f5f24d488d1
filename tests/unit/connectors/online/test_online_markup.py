"""HTML as banks write it and worse: always a tree, never an endless one, texts as they are."""

from __future__ import annotations

import time
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors.protocols.online import markup
from opensaldo.errors import BankAnsweredNonsense


def test_cells_and_rows_that_are_not_closed_end_at_the_next():
    page = markup.read("<table><tr><td>a<td>b<tr><td>c</table>")
    assert [[cell.text for cell in row.all("td")] for row in page.all("tr")] == [["a", "b"], ["c"]]


def test_a_table_inside_a_cell_does_not_end_the_row():
    page = markup.read("<table id=o><tr><td><table><tr><td>in</td></tr></table></td><td>b</table>")
    outer = page.by_id("o")
    assert outer is not None
    row = outer.all("tr")[0]
    cells = [one for one in row.children if isinstance(one, markup.Element)]
    assert [cell.text for cell in cells] == ["in", "b"]


@pytest.mark.parametrize(
    "html",
    [
        "<!-- <form id=f action=/trap></form> --><form id=f action=/real></form>",
        "<script>'<form id=f action=/trap>'</script><form id=f action=/real></form>",
        "<style>/*<form id=f action=/trap>*/</style><form id=f action=/real></form>",
        "<form id=f action=/real action=/trap></form><form id=f action=/second></form>",
    ],
)
def test_what_only_looks_like_a_form_is_none(html: str):
    form = markup.read(html).by_id("f")
    assert form is not None
    assert form.attributes["action"] == "/real"


def test_scripts_and_styles_are_no_text():
    page = markup.read("<p>a<script>b</script><style>c</style> <b>d</b></p>")
    assert page.all("p")[0].text == "a d"


def test_breaks_make_lines():
    assert markup.read("<td>a  b<br>c<br/><br>d</td>").all("td")[0].lines == ["a b", "c", "d"]


@given(st.text())
def test_any_text_is_a_page(html: str):
    list(markup.read(html).walk())


@given(
    st.lists(st.sampled_from(["<td>", "</td>", "<tr>", "<table>", "</table>", "<br>", "x<", "&#x"]))
)
def test_any_tags_in_any_order_are_a_page(parts: list[str]):
    list(markup.read("".join(parts)).walk())


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_an_escaped_text_comes_back_as_it_was(text: str):
    found = markup.read(f"<table><tr><td>{escape(text)}</td></tr></table>").all("td")[0].text
    assert " ".join(found.split()) == " ".join(text.split()) or "<br" in text.lower()


def test_depth_has_a_limit_and_loses_no_text():
    page = markup.read("<div>" * 5_000 + "deep" + "</div>" * 5_000)
    assert page.text == "deep"


@pytest.mark.parametrize("part", ["<!--", "<a ", "<![CDATA[", "<td", "&", "</", "<?", "<script>"])
def test_hostile_pages_take_no_time(part: str):
    started = time.process_time()
    markup.read(part * (markup.PAGE_CHARACTERS_MAX // 4 // len(part)))
    assert time.process_time() - started < 10


@pytest.mark.parametrize("html", ["x" * (markup.PAGE_CHARACTERS_MAX + 1), "<b>" * 250_000])
def test_a_page_without_end_is_nonsense(html: str):
    with pytest.raises(BankAnsweredNonsense):
        markup.read(html)
