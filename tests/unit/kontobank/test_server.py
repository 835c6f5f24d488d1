"""The program itself, on loopback: start, cut lines, stop."""

import gzip
import http.client
import json
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from kontobank import cli
from tests.unit.kontobank import tpp as third_party
from tests.unit.kontobank.tpp import Answer, Tpp

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bank")
    command = [sys.executable, "-m", "kontobank", "serve", "--data-dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process, json.loads(process.stdout.readline())["kontobank_url"]
        process.terminate()


@pytest.fixture
def wired(bank, monkeypatch):
    """A third party whose calls go over the socket."""
    host = urlsplit(bank[1]).netloc

    def call(_app, method, target, headers, body=b""):
        connection = http.client.HTTPConnection(host, timeout=10)
        try:
            connection.request(method, target, body=body or None, headers=headers)
            reply = connection.getresponse()
            found = {key.lower(): value for key, value in reply.getheaders()}
            raw = reply.read()
            is_packed = found.get("content-encoding") == "gzip"
            return Answer(reply.status, found, gzip.decompress(raw) if is_packed else raw)
        finally:
            connection.close()

    monkeypatch.setattr(third_party, "call_asgi", call)
    call(None, "POST", "/switchboard/reset", {})
    return Tpp(None), call


def plan(call, kind):
    call(None, "POST", "/switchboard/faults", {}, json.dumps({"kind": kind}).encode())


def test_a_cut_line_a_short_body_and_the_io_login(wired):
    tpp, call = wired
    access = tpp.connect("test1")["access_token"]
    plan(call, "reset")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        tpp.data("getAccounts", access)
    plan(call, "truncate")
    with pytest.raises(http.client.IncompleteRead):
        tpp.data("getAccounts", access)
    assert tpp.data("getAccounts", access).status == 200
    access = tpp.connect("test-io", consent_id="io")["access_token"]
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        tpp.data("getAccounts", access)


def test_a_taken_port_is_one_line_and_code_2(bank, capsys):
    port = bank[1].rsplit(":", 1)[1]
    assert cli.main(["serve", "--port", port]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "cannot listen" in output.err


@pytest.mark.parametrize(
    "arguments",
    [["serve", "--port", "x"], ["serve", "--latency-ms", "-1"], ["serve", "--public-url", "x"], []],
)
def test_wrong_use_is_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def wait_in_vain(url):
    """One call that is being slept over when the signal comes."""
    host, port = urlsplit(url).netloc.split(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("POST", "/switchboard/latency", body=b'{"ms": 600000}')
    connection.getresponse().read()
    connection.request("GET", "/polish-api/pl/v2_1_2.1/auth/v2_1_2.1/authorize")
    time.sleep(0.2)
    return connection


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_within_a_second(tmp_path, number):
    command = [sys.executable, "-m", "kontobank", "serve", "--data-dir", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        url = json.loads(process.stdout.readline())["kontobank_url"]
        connection = wait_in_vain(url)
        began = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
        connection.close()
        assert time.monotonic() - began < 2  # a second, and as much for a busy machine
        assert (process.returncode, out, err) == (0, "", "")
