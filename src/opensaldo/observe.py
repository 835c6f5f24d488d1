"""Logs that hold ids and codes only, and the counters an operator watches.

A log line can carry no field that is not in `FIELDS`, so bank data cannot slip in by accident;
an exception is logged by its type and place, never by its text.
"""

from __future__ import annotations

import copy
import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

FIELDS = frozenset(
    {
        "address_count",
        "attempt",
        "bank",
        "client",
        "code",
        "command",
        "consent",
        "count",
        "days_left",
        "endpoint",
        "error",
        "event",
        "executor",
        "host",
        "key_ids",
        "level",
        "logger",
        "method",
        "metrics_port",
        "name",
        "outcome",
        "redirection",
        "request",
        "route",
        "runs",
        "seconds",
        "session",
        "slot",
        "state",
        "status",
        "target",
        "timestamp",
        "version",
        "where",
        "who",
    }
)
FRAMES_MAX = 6
LIBRARY_MESSAGE = "library message"

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "opensaldo_requests", "Answered requests.", ("route", "status"), registry=REGISTRY
)
COMMANDS = Counter("opensaldo_commands", "Ended commands.", ("name", "state"), registry=REGISTRY)
IMPORT_SECONDS = Histogram(
    "opensaldo_import_seconds",
    "Seconds from the start of an import to its end.",
    buckets=(0.25, 0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640),
    registry=REGISTRY,
)
BANK_CALLS = Counter(
    "opensaldo_bank_calls", "Calls to banks.", ("bank", "endpoint", "status"), registry=REGISTRY
)
BANK_SECONDS = Histogram(
    "opensaldo_bank_seconds", "Seconds a bank took to answer.", ("bank",), registry=REGISTRY
)
SIGN_INS = Counter(
    "opensaldo_sign_ins",
    "Sign-ins that came through, or that the bank failed.",
    ("target", "outcome"),
    registry=REGISTRY,
)
WAITING = Gauge("opensaldo_waiting", "Requests that wait for an event.", registry=REGISTRY)
CERTIFICATE_DAYS = Gauge(
    "opensaldo_certificate_days",
    "Days until a certificate of ours expires; banks refuse an expired one.",
    ("name",),
    registry=REGISTRY,
)
DELETED = Counter("opensaldo_deleted", "Rows removed by retention.", ("what",), registry=REGISTRY)

Event = MutableMapping[str, Any]

_STAMPED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
log: structlog.stdlib.BoundLogger = structlog.get_logger("opensaldo")


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Every logger of the process writes one JSON object a line, with known fields only."""
    renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*_STAMPED, known_fields_only, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.raiseExceptions = False  # a handler that fails must not print what it was given
    handler = _Wordless(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_STAMPED, foreign_without_text],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                known_fields_only,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(level)))


def quiet_logs() -> None:
    """Errors alone are logged by a program that has not said what it logs."""
    if not structlog.is_configured():
        configure_logs("ERROR")


def lines_to(stream: TextIO) -> structlog.typing.FilteringBoundLogger:
    """A logger of its own: a line of JSON each, with known fields only, however logs are set."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[*_STAMPED, known_fields_only, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return logger


class _Wordless(logging.StreamHandler[TextIO]):
    """Formats records without their text: it may quote what it was about, or not fit together."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        bare = copy.copy(record)
        bare.msg, bare.args = LIBRARY_MESSAGE, None
        return super().format(bare)


def known_fields_only(_logger: object, _method: str, event: Event) -> Event:
    """Drop every field that is not in `FIELDS`."""
    return {name: value for name, value in event.items() if name in FIELDS}


def foreign_without_text(_logger: object, _method: str, event: Event) -> Event:
    """Keep of another library's record its logger's name, and of its exception type and place.

    Its text may quote what it was working on, so it is not kept.
    """
    record: logging.LogRecord | None = event.get("_record")
    if record is None:
        return event
    kept: Event = {**event, "event": LIBRARY_MESSAGE, "logger": record.name}
    kept["where"] = f"{record.module}:{record.lineno}"
    if record.exc_info and record.exc_info[1] is not None:
        kept.update(described(record.exc_info[1]))
    kept.pop("exc_info", None)
    return kept


def described(error: BaseException) -> dict[str, str]:
    """An exception by its type and the last places it passed, without its text."""
    return {"error": type(error).__name__, "where": _places(error.__traceback__)}


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-FRAMES_MAX:]
    return " < ".join(f"{_tail(frame.filename)}:{frame.lineno}" for frame in reversed(frames))


def _tail(path: str) -> str:
    return "/".join(path.rsplit("/", 2)[-2:])


def serve_metrics(host: str, port: int) -> int:
    """Prometheus can read the counters on a port of their own; returns the port taken."""
    try:
        server, _thread = start_http_server(port, addr=host, registry=REGISTRY)
    except OSError as taken:
        reason = f"Cannot listen on {host}:{port} for metrics: {taken.strerror}"
        raise OSError(taken.errno, f"{reason}; choose another port for metrics.") from None
    return int(server.server_port)
