"""Logs hold listed fields only and no text of others; the counters can be read."""

from __future__ import annotations

import ast
import io
import json
import logging
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from opensaldo import observe
from opensaldo.observe import (
    FIELDS,
    FRAMES_MAX,
    REGISTRY,
    configure_logs,
    described,
    foreign_without_text,
    known_fields_only,
    log,
    serve_metrics,
)

SOURCE = Path(observe.__file__).parent
NAME, IBAN = "Ewa Testowa", "PL71999000090000000000004711"
PERSONAL = f"{NAME} {IBAN}"
METRICS = {
    "opensaldo_requests_total",
    "opensaldo_commands_total",
    "opensaldo_import_seconds",
    "opensaldo_bank_calls_total",
    "opensaldo_bank_seconds",
    "opensaldo_deleted_total",
}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process logs, with the loggers as they were afterwards."""
    root = logging.getLogger()
    handlers, level, kept = root.handlers[:], root.level, structlog.get_config()
    stream = io.StringIO()
    configure_logs("INFO", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**kept)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    """Each line as the object it is."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


def failing() -> None:
    raise ValueError(PERSONAL)


# --- our own lines -------------------------------------------------------------------------------
def test_a_line_is_one_json_object_with_time_and_level(written: io.StringIO):
    log.info("command failed", command="701000123", code="IO")
    log.warning("scrub owed")
    first, second = lines(written)
    assert (first["event"], first["command"], first["code"]) == (
        "command failed",
        "701000123",
        "IO",
    )
    assert (first["level"], second["level"]) == ("info", "warning")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", first["timestamp"])


def test_a_field_that_is_not_listed_is_dropped(written: io.StringIO):
    log.info("read", iban=IBAN, owner=NAME, title=PERSONAL, count=3)
    (line,) = lines(written)
    assert (line["event"], line["count"]) == ("read", 3)
    assert set(line) == {"event", "count", "level", "timestamp"}


def test_a_line_break_inside_a_value_does_not_break_the_line(written: io.StringIO):
    log.info("read", code='a\nb\r"c"\u2028d')
    assert lines(written)[0]["code"] == 'a\nb\r"c"\u2028d'
    assert written.getvalue().count("\n") == 1


@pytest.mark.parametrize("keyword", ["exc_info", "stack_info", "exception", "stack"])
def test_an_exception_handed_to_our_log_leaves_no_text(written: io.StringIO, keyword: str):
    try:
        failing()
    except ValueError:
        log.error("job failed", **{keyword: True})
    assert NAME not in written.getvalue()
    assert IBAN not in written.getvalue()
    assert len(lines(written)) == 1


def test_our_own_way_to_log_an_exception_says_type_and_place(written: io.StringIO):
    try:
        failing()
    except ValueError as error:
        log.error("job failed", **described(error))
    (line,) = lines(written)
    assert line["error"] == "ValueError"
    assert re.match(r"unit/test_observe\.py:\d+ < unit/test_observe\.py:\d+$", line["where"])
    assert NAME not in written.getvalue()


def test_the_places_of_a_deep_exception_are_few():
    def dig(depth: int) -> None:
        if depth == 0:
            failing()
        dig(depth - 1)

    with pytest.raises(ValueError, match=NAME) as failure:
        dig(30)
    assert described(failure.value)["where"].count(" < ") == FRAMES_MAX - 1


def test_an_exception_that_was_never_raised_has_a_type_and_no_place():
    assert described(KeyError(PERSONAL)) == {"error": "KeyError", "where": ""}


def test_lines_below_the_level_are_not_written(written: io.StringIO):
    log.debug("detail")
    assert written.getvalue() == ""


# --- other libraries' lines ----------------------------------------------------------------------
def test_another_librarys_text_and_arguments_are_not_kept(written: io.StringIO):
    logging.getLogger("bank.library").warning("cannot parse %s of %r", IBAN, {"name": NAME})
    (line,) = lines(written)
    assert (line["event"], line["logger"]) == ("library message", "bank.library")
    assert line["where"].startswith("test_observe:")
    assert (NAME in written.getvalue(), IBAN in written.getvalue()) == (False, False)


def test_another_librarys_exception_keeps_its_type_and_place_only(written: io.StringIO):
    try:
        failing()
    except ValueError:
        logging.getLogger("bank.library").exception("while reading %s", PERSONAL)
    (line,) = lines(written)
    assert (line["error"], line["level"]) == ("ValueError", "error")
    assert "test_observe.py:" in line["where"]
    assert (NAME in written.getvalue(), IBAN in written.getvalue()) == (False, False)
    assert "Traceback" not in written.getvalue()


def test_a_chain_of_exceptions_leaks_from_no_link(written: io.StringIO):
    try:
        try:
            failing()
        except ValueError as error:
            raise RuntimeError(PERSONAL) from error
    except RuntimeError:
        logging.getLogger("bank.library").error(PERSONAL, exc_info=True, stack_info=True)
    assert (NAME in written.getvalue(), IBAN in written.getvalue()) == (False, False)
    assert len(lines(written)) == 1


def test_extra_fields_of_another_librarys_record_are_not_kept(written: io.StringIO):
    logging.getLogger("bank.library").warning("x", extra={"iban": IBAN, "owner": PERSONAL})
    assert (NAME in written.getvalue(), IBAN in written.getvalue()) == (False, False)


def test_a_record_whose_arguments_do_not_fit_leaks_nothing(
    written: io.StringIO, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    root = logging.getLogger()
    ours = [one for one in root.handlers if getattr(one, "stream", None) is written]
    monkeypatch.setattr(root, "handlers", ours)
    logging.getLogger("bank.library").warning("%d rows of %s", PERSONAL)
    told = written.getvalue() + "".join(capsys.readouterr())
    assert (NAME in told, IBAN in told) == (False, False)


def test_other_libraries_chatter_below_a_warning_is_not_written(written: io.StringIO):
    logging.getLogger("bank.library").info(PERSONAL)
    assert written.getvalue() == ""


def test_configuring_twice_writes_each_line_once(written: io.StringIO):
    configure_logs("INFO", written)
    log.info("once")
    logging.getLogger("bank.library").warning("once")
    assert len(lines(written)) == 2


# --- the two filters -----------------------------------------------------------------------------
def test_every_listed_field_passes_and_no_other():
    event = dict.fromkeys((*FIELDS, "iban", "name_of_owner", "text", "url", "query"), 1)
    assert set(known_fields_only(None, "info", event)) == FIELDS


def test_no_listed_field_is_made_for_persons_texts_or_addresses():
    assert FIELDS.isdisjoint({"iban", "owner", "title", "text", "message", "url", "query", "body"})


def test_an_event_of_our_own_passes_the_filter_for_others_as_it_is():
    assert foreign_without_text(None, "info", {"event": "ours"}) == {"event": "ours"}


# --- counters ------------------------------------------------------------------------------------
def exposed(text: str) -> set[str]:
    return set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))


@pytest.mark.enable_socket
def test_prometheus_reads_the_counters_on_a_port_of_their_own():
    observe.REQUESTS.labels("/v1/health", "200").inc()
    port = serve_metrics("127.0.0.1", 0)
    assert port > 0
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=5) as reply:
        text = reply.read().decode()
    assert reply.status == 200
    assert exposed(text) >= METRICS
    assert 'opensaldo_requests_total{route="/v1/health",status="200"}' in text


def test_the_labels_of_all_counters_are_fields_a_log_may_hold():
    labels = {
        label for metric in REGISTRY.collect() for one in metric.samples for label in one.labels
    }
    assert labels <= FIELDS | {"le", "what"}


def test_no_field_that_is_logged_is_dropped_for_want_of_a_name():
    dropped = {
        (file.name, keyword.arg)
        for file in SOURCE.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "log"
        for keyword in call.keywords
        if keyword.arg not in {None, *FIELDS}
    }
    assert dropped == set()
