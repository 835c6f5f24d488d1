"""`opensaldo demo` as a newcomer runs it: a program of its own that starts the bank beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.support.platform import Api

WITHIN_S = 90
MEMBERS = [
    *("api_url", "api_key", "kontobank_url", "portal_url", "shop_url"),
    *("owners", "accounts", "transactions", "command", "seconds"),
]


def command(folder: Path, *options: str, python: tuple[str, ...] = ()) -> list[str]:
    place = ["--port", "0", "--data-dir", str(folder)]
    return [sys.executable, *python, "-m", "opensaldo", "demo", *place, *options]


def variables() -> dict[str, str]:
    """A newcomer has none of ours, whatever the developer has."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENSALDO_")}
    return {**kept, "COLUMNS": "160"}


def once(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, "--once", *options),
        env=variables(),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


@contextmanager
def demo(
    folder: Path, *options: str, python: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    """The demo while it stays; nothing of it is left behind, whatever the test does."""
    process = subprocess.Popen(
        command(folder, *options, python=python),
        env=variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            itself = psutil.Process(process.pid)
            for one in [*itself.children(recursive=True), itself]:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
        process.communicate(timeout=10)


def check_counts(found: dict[str, Any]) -> None:
    assert (found["owners"], found["accounts"], found["command"]) == (2, 1, "successful")
    assert 70 <= found["transactions"] <= 74


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all runs, as a newcomer has it."""
    return tmp_path_factory.mktemp("demo") / "data"


def test_once_with_json_prints_one_object_on_one_line(folder: Path):
    said = once(folder, "--json")
    assert (said.returncode, said.stderr) == (0, "")
    (line,) = said.stdout.splitlines()
    found = json.loads(line)
    assert list(found) == MEMBERS
    check_counts(found)
    assert found["portal_url"] is found["shop_url"] is None
    assert 0 < found["seconds"] < WITHIN_S
    assert (urlsplit(found["api_url"]).hostname, urlsplit(found["api_url"]).path) == (
        "127.0.0.1",
        "",
    )
    assert len(bytes.fromhex(found["api_key"])) == 32
    assert urlsplit(found["kontobank_url"]).port


def test_a_second_run_in_the_same_folder_works_as_well(folder: Path):
    said = once(folder, "--json")
    assert (said.returncode, said.stderr) == (0, "")
    check_counts(json.loads(said.stdout))


def test_people_get_a_table_they_can_read(folder: Path):
    said = once(folder)
    assert (said.returncode, said.stderr) == (0, "")
    for expected in ("OpenSaldo http://127.0.0.1:", "KontoBank http://127.0.0.1:", "Owners"):
        assert expected in said.stdout
    assert "the latest 10 of 7" in said.stdout
    assert "successful in " in said.stdout
    assert "receipt: complete" in said.stdout
    assert "\x1b[" not in said.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_stays_answers_and_ends_all_programs_when_told(
    folder: Path, number: signal.Signals
):
    with demo(folder, "--json") as process:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
        check_counts(found)
        bank, shop = psutil.Process(process.pid).children()
        assert "kontobank" in bank.cmdline()
        assert found["api_key"] not in " ".join(shop.cmdline())
        assert b"Sampleton" in Api(found["shop_url"]).call("GET", "/").body
        api = Api(found["api_url"], found["api_key"])
        assert api.call("GET", "/v1/health").status == 200
        assert api.call("GET", "/v1/ais-catalog").status == 200
        assert api.call("GET", "/v1/ais-catalog", headers={"X-Api-Key": "x"}).status == 401
        kept = api.call("GET", "/v1/data.xml", query={"ownerExternalId": "demo-person-1"})
        assert len(kept.xml.findall(".//moneyTransaction")) >= found["transactions"]
        again = once(folder)
        assert (again.returncode, again.stdout) == (2, "")
        assert "Another process already runs" in again.stderr
        assert api.call("GET", "/v1/ais-catalog").status == 200
        process.send_signal(number)
        assert process.wait(15) == 0
        assert not any(one.is_running() for one in (bank, shop))
        assert process.stdout.read() == ""
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_ctrl_c_on_a_terminal_ends_all_programs_and_is_no_error(folder: Path):
    process = subprocess.Popen(
        command(folder, "--json"),
        env=variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        check_counts(json.loads(process.stdout.readline()))
        bank, shop = psutil.Process(process.pid).children()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(15) == 0
        assert not any(one.is_running() for one in (bank, shop))
        assert process.stderr is not None
        assert process.stderr.read() == ""
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=10)


@pytest.mark.parametrize(
    "module", ["argparse", "opensaldo.cli", "asyncio", "sqlalchemy", "dbos", "uvicorn"]
)
def test_ctrl_c_while_it_starts_is_no_traceback_and_leaves_no_bank(folder: Path, module: str):
    with demo(folder, python=("-X", "importtime")) as process:  # each import is a line
        assert process.stderr is not None
        assert any(line.split("|")[-1].strip() == module for line in process.stderr)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _printed, complaints = process.communicate(timeout=30)
        assert "Traceback" not in complaints
        # Python ends by the signal itself where it came inside exec("..."), however it was caught.
        assert process.returncode in {0, -signal.SIGINT}
        assert not any(one.is_running() for one in children)


def test_ctrl_c_while_it_imports_is_no_traceback_and_leaves_no_bank(folder: Path):
    with demo(folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("OpenSaldo")
        (bank,) = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGINT)
        process.wait(20)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
        assert not bank.is_running()


def test_a_port_in_use_is_one_line_and_leaves_no_bank_behind(folder: Path):
    with demo(folder, "--json") as process:
        assert process.stdout is not None
        port = urlsplit(json.loads(process.stdout.readline())["api_url"]).port
        arguments = [sys.executable, "-m", "opensaldo", "demo", "--once", "--json"]
        said = subprocess.run(
            [*arguments, "--port", str(port), "--data-dir", str(folder.parent / "other")],
            env=variables(),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in said.stderr
