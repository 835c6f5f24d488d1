"""`kontobank serve`: the mock bank as one process."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

EXIT_WRONG_USE = 2
PORT_MAX = 65_535
LATENCY_MAX_MS = 3_600_000


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code (0, or 2 for a user's mistake)."""
    options = _parser().parse_args(arguments)
    try:
        _serve(options)
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
    serve = commands.add_parser("serve", help="run the bank until it is told to stop")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen at")
    serve.add_argument("--port", type=_port, default=0, help="0 = any free port")
    serve.add_argument(
        "--data-dir", type=Path, help="folder of the bank's key (default: a new one)"
    )
    serve.add_argument("--seed", type=int, default=1, help="same seed, same people and ids")
    serve.add_argument("--latency-ms", type=_latency, default=0, help="added to every call")
    serve.add_argument("--public-url", type=_url, help="the address browsers reach the bank at")
    return parser


def _serve(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT; one JSON line on stdout says where."""
    from kontobank.app.compose import create_app
    from kontobank.app.server import listen, make_server

    listener = listen(options.host, options.port)
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"http://{host}:{listener.getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="kontobank-") as folder:
        app = create_app(
            seed=options.seed,
            data_dir=options.data_dir or Path(folder),
            latency_ms=options.latency_ms,
            public_url=options.public_url,
        )
        make_server(app, lambda: print(json.dumps({"kontobank_url": url}), flush=True)).run(
            sockets=[listener]
        )


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
