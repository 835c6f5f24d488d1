"""The command line: `kontobank serve`, `drill` at a running bank, `truth` of a living login."""

import argparse
import json
import os
import socket
import sys
import tempfile
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kontobank.drill import Unheard, add_drills
from kontobank.faults import Plan, plan_of
from kontobank.people.countries import COUNTRIES
from kontobank.story.told import NAMES
from kontobank.world import truth

EXIT_WRONG_USE = 2
PORT_MAX = 65_535
LATENCY_MAX_MS = 3_600_000


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code (0, or 2 for a user's mistake)."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    except Unheard as mistake:
        print(f"kontobank: {mistake}", file=sys.stderr)
        return EXIT_WRONG_USE
    except OSError as mistake:
        print(f"kontobank: {_reason(options, mistake)}", file=sys.stderr)
        return EXIT_WRONG_USE
    except ValueError as mistake:
        print(f"kontobank: {mistake}", file=sys.stderr)
        return EXIT_WRONG_USE
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("kontobank", description="The mock bank of OpenSaldo.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_truth(commands.add_parser("truth", help="print the true payments of a living login"))
    add_drills(commands.add_parser("drill", help="outages and expired consents, to be watched"))
    serve = commands.add_parser("serve", help="run the bank until it is told to stop")
    serve.set_defaults(run=_serve)
    serve.add_argument("--host", default="127.0.0.1", help="address to listen at")
    serve.add_argument("--port", type=_port, default=0, help="0 = any free port")
    serve.add_argument(
        "--data-dir", type=Path, help="folder of the bank's key (default: a new one)"
    )
    serve.add_argument("--seed", type=int, default=1, help="same seed, same people and ids")
    serve.add_argument("--story", choices=NAMES, help="what the page /world tells")
    serve.add_argument("--latency-ms", type=_latency, default=0, help="added to every call")
    serve.add_argument("--faults", type=Path, help="a plan of failures (TOML)")
    serve.add_argument("--transcript", type=Path, help="file for all that was asked and answered")
    serve.add_argument("--public-url", type=_url, help="the address browsers reach the bank at")
    serve.add_argument(
        "--standard-ports", action="store_true", help="a port of its own for each standard as well"
    )
    serve.add_argument(
        "--tls", action="store_true", help="a port with TLS as well, for clients with a certificate"
    )
    serve.add_argument(
        "--client-authority", type=Path, help="with --tls: who certifies clients (PEM)"
    )
    return parser


def _add_truth(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_truth)
    parser.add_argument("login", help="alive-NAME or alive-3x40-NAME")
    parser.add_argument("--seed", type=int, default=1, help="the bank's seed")
    parser.add_argument("--country", choices=COUNTRIES, default="pl", help="the bank's country")
    parser.add_argument("--day", type=date.fromisoformat, required=True, help="the last day")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="the first day")


def _truth(options: argparse.Namespace) -> None:
    """One JSON line for each account, payment and day on stdout."""
    first = options.first or options.day - timedelta(days=truth.DAYS_DEFAULT)
    records = truth.truth(options.seed, options.country, options.login, first, options.day)
    sys.stdout.write(truth.lines(records))


def _serve(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT; one JSON line on stdout says where."""
    from kontobank.app.compose import create_app
    from kontobank.app.doors import STANDARDS, ClientCertificates, StandardPorts
    from kontobank.app.server import listen, make_server, run_together
    from kontobank.clock import Clock
    from kontobank.servercert import ServerCertificates
    from kontobank.transcript import Transcript

    clock = Clock()
    transcript = Transcript(clock, options.transcript)
    main_socket = listen(options.host, options.port)
    standards = STANDARDS if options.standard_ports else {}
    sockets = {name: listen(options.host, 0) for name in standards}
    secured_socket = listen(options.host, 0) if options.tls else None
    where: dict[str, Any] = {"kontobank_url": _url_of("http", options.host, main_socket)}
    if sockets:
        where["ports"] = {n: _url_of("http", options.host, one) for n, one in sockets.items()}
    with tempfile.TemporaryDirectory(prefix="kontobank-") as folder:
        data_dir, certificates = options.data_dir or Path(folder), None
        if secured_socket is not None:
            certificates = ServerCertificates(data_dir, options.client_authority, clock.real_now())
            where["kontobank_tls_url"] = _url_of("https", options.host, secured_socket)
            where["kontobank_authority"] = str(certificates.authority_file)
        app = create_app(
            seed=options.seed,
            data_dir=data_dir,
            latency_ms=options.latency_ms,
            public_url=options.public_url,
            certificates=certificates,
            fault_plan=_fault_plan(options.faults),
            clock=clock,
            transcript=transcript,
            told=options.story or "",
        )
        ports = {one.getsockname()[1]: name for name, one in sockets.items()}
        plain = make_server(StandardPorts(app, ports), lambda: print(json.dumps(where), flush=True))
        secured = None
        if certificates is not None:
            secured = make_server(ClientCertificates(app), _nothing, certificates.context)
            certificates.on_change(secured.cut_connections)
        run_together(plain, [main_socket, *sockets.values()], secured, secured_socket)
        transcript.close()


def _fault_plan(path: Path | None) -> Plan | None:
    """The plan of a file; ValueError when it is none."""
    if path is None:
        return None
    return plan_of(tomllib.loads(path.read_text("utf-8")))


def _nothing() -> None:
    """The plain server says where both are."""


def _url_of(scheme: str, host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"


def _reader_left() -> int:
    """Who read our output wants no more of it, as `head` does: that is no mistake."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _reason(options: argparse.Namespace, mistake: OSError) -> str:
    """One line for a person."""
    if mistake.filename:
        return f"cannot use {mistake.filename}: {mistake.strerror}"
    return f"cannot listen at {options.host}:{options.port}: {mistake.strerror or mistake}"


def _port(text: str) -> int:
    return _whole(text, PORT_MAX)


def _latency(text: str) -> int:
    return _whole(text, LATENCY_MAX_MS)


def _whole(text: str, highest: int) -> int:
    if not text.isdecimal() or int(text) > highest:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {highest}")
    return int(text)


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError("an address that begins with http:// or https://")
    return text
