"""The house itself: each of its rules can fail, and the errors are those of the wire.

That the rules hold is a check of its own: `python tools/house_rules.py`, part of ./test.
"""

import ast
import importlib
import re
from itertools import pairwise
from pathlib import Path

import pytest

from opensaldo import errors
from tools import coverage_gate, house_rules

MIGRATIONS = house_rules.ROOT / "src/opensaldo/store/migrations/versions"

# --- the rules -----------------------------------------------------------------------------------


def test_the_migrations_are_one_chain():
    """Two changes that were made side by side would both follow the same one."""
    scripts = sorted(MIGRATIONS.glob("[0-9]*.py"))
    numbers = [f"{number:04}" for number in range(1, len(scripts) + 1)]
    assert [one.name[:4] for one in scripts] == numbers
    links = [re.findall(r'^(?:down_)?revision = "(.*)"', one.read_text(), re.M) for one in scripts]
    assert links == [["0001"], *([after, before] for before, after in pairwise(numbers))]


def findings(name: str, text: str) -> list[str]:
    """The names of the rules that a module with this name and text breaks."""
    module = house_rules.Module(Path("example.py"), name, f'"""A module."""\n{text}\n')
    return [line.split(": ")[1] for line in house_rules.check(module)]


LONG_FUNCTION = "def long():\n" + "    pass\n" * 70
SQL = "from sqlalchemy import select"
BROAD = "try:\n    work()\nexcept Exception:\n    pass"
BAD = [
    ("function-length", "opensaldo.web.pages", LONG_FUNCTION),
    ("file-length", "opensaldo.web.pages", "\n" * 500),
    ("float-money", "opensaldo.domain.money", "rate: float"),
    ("float-money", "opensaldo.wire.xml", "amount = 1.5"),
    ("float-money", "opensaldo.store.rows", "def _total(rows) -> float: ..."),
    ("float-money", "opensaldo.connectors.http", "amount = float(text)"),
    ("float-money", "opensaldo.connectors.http", "def _fee(part=0.5): ..."),
    ("float-money", "opensaldo.connectors.http", "def _fee(*, part=0.5): ..."),
    ("float-money", "opensaldo.connectors.http", "fee = price * 0.5"),
    ("float-money", "opensaldo.connectors.http", "pay(0.5)"),
    ("module-name", "opensaldo.web.utils", ""),
    ("module-name", "opensaldo.engine.common", ""),
    ("sql-home", "opensaldo.engine.imports", SQL),
    ("sql-home", "kontobank.world", SQL),
    ("sql-home", "opensaldo.app", "import sqlalchemy\nsqlalchemy.text('select 1')"),
    ("environment", "opensaldo.web.pages", "import os\nport = os.environ['PORT']"),
    ("environment", "kontobank.app", "import os\nport = os.getenv('PORT')"),
    ("kontobank-repeats", "kontobank.world", "import random\nrandom.random()"),
    ("kontobank-repeats", "kontobank.world", "from time import monotonic\nmonotonic()"),
    ("kontobank-repeats", "kontobank.world", "from uuid import uuid4\nuuid4()"),
    ("kontobank-repeats", "kontobank.world", "import os\nos.urandom(8)"),
    ("kontobank-repeats", "kontobank.world", "from datetime import date\ndate.today()"),
    ("kontobank-repeats", "kontobank.world", "import datetime\ndatetime.datetime.now(None)"),
    ("broad-except", "opensaldo.engine.imports", BROAD),
    ("broad-except", "kontobank.app", "try:\n    work()\nexcept:\n    pass"),
    ("broad-except", "opensaldo.cli", "try:\n    work()\nexcept (OSError, Exception):\n    pass"),
    ("docstrings", "opensaldo.domain.money", "def total(): ..."),
    ("docstrings", "opensaldo.engine.imports", "class Import: ..."),
    (
        "docstrings",
        "opensaldo.wire.names",
        "class _A:\n    pass\nclass B:\n    'B.'\n    def c(self): ...",
    ),
    ("todo-number", "opensaldo.web.pages", "work()  # TODO: later"),
    ("todo-number", "opensaldo.web.pages", "# FIXME later"),
]


@pytest.mark.parametrize(("rule", "name", "text"), BAD)
def test_each_rule_can_fail(rule, name, text):
    assert findings(name, text) == [rule]


def test_every_rule_has_a_bad_example():
    assert {rule for rule, _, _ in BAD} == set(house_rules.RULES)


GOOD = [
    ("opensaldo.web.pages", LONG_FUNCTION.removesuffix("    pass\n")),
    ("opensaldo.engine.ranking", "share = 0.5"),
    ("opensaldo.connectors.http", "TIMEOUT_S = 2.5\nself.wait_s = 0.5\ncall(pause_ms=1.5)"),
    (
        "opensaldo.connectors.http",
        "def _wait_s(of_ratio: float, *, by_s: float = 0.1) -> float: ...",
    ),
    ("opensaldo.connectors.http", "if elapsed_s > 0.5:\n    stop()"),
    ("opensaldo.wire.params", "if isinstance(value, float):\n    refuse()"),
    ("opensaldo.connectors.base", ""),
    ("opensaldo.web.common", ""),
    ("opensaldo.store.queries.owners", SQL),
    ("opensaldo.config", "import os\nport = os.environ['PORT']"),
    ("kontobank.clock", "import time\ntime.time()"),
    ("kontobank.world", "import random\ndef pick(rng: random.Random): ..."),
    ("opensaldo.engine.durable", BROAD),
    ("opensaldo.web.common", BROAD),
    ("opensaldo.connectors.http", BROAD),
    ("opensaldo.store.db", "try:\n    work()\nexcept BaseException:\n    undo()\n    raise"),
    ("opensaldo.web.pages", "def undocumented(): ..."),
    ("opensaldo.web.pages", "work()  # TODO(#12): later"),
]


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_no_rule_fires_on_what_the_house_allows(name, text):
    assert findings(name, text) == []


def test_a_module_without_docstring_is_found():
    module = house_rules.Module(Path("example.py"), "opensaldo.web.pages", "work()\n")
    assert [line.split(": ")[1] for line in house_rules.check(module)] == ["docstrings"]


def test_an_escape_with_its_reason_is_accepted():
    escape = "# house: allow float-money: the bank's own rating"
    assert findings("opensaldo.wire.xml", f"rating = 1.5  {escape}") == []


def test_an_escape_without_a_reason_is_none():
    assert findings("opensaldo.wire.xml", "rating = 1.5  # house: allow float-money:") == [
        "float-money"
    ]


def test_an_escape_nothing_needs_is_reported():
    escape = "# house: allow float-money: not needed any more"
    assert findings("opensaldo.wire.xml", f"rating = 1  {escape}") == ["escape"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://" + "pypi.org/project/x", 1),
        ("url = https://files." + "pythonhosted.org/packages/x.whl", 1),
        ("http://deb." + "debian.org/debian", 1),
        ("https://registry." + "npmjs.org/x", 1),
        ("Debian (www.debian.org) and https://example.org/pypi", 0),
    ],
)
def test_addresses_of_package_registries_are_found(text, found):
    assert len(list(house_rules.registry_host(text))) == found


# --- exports -------------------------------------------------------------------------------------
def modules_with_exports() -> list[str]:
    return [
        module.name
        for module in house_rules.modules()
        if module.within("opensaldo", "kontobank") and "__all__" in module.text
        for node in module.tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]


def test_what_a_module_exports_exists_and_is_sorted():
    for name in modules_with_exports():
        module = importlib.import_module(name)
        assert sorted(module.__all__) == list(module.__all__), name
        assert [each for each in module.__all__ if not hasattr(module, each)] == [], name


# --- errors --------------------------------------------------------------------------------------
# The public contract's exceptions and the HTTP statuses each may travel with. An empty set: the
# name is seen inside a command or a sign-in only, never as the status of a reply.
STATUSES_OF_NAME: dict[str, set[int]] = {
    "CommandNotAvailable": {400},
    "InvalidSessionId": {404},
    "InvalidSessionIdSignature": {400},
    "SessionExpired": set(),
    "NotSignedIn": {400},
    "AlreadySignedIn": {400},
    "InvalidCommandId": {404},
    "InvalidSince": {400},
    "InvalidIban": {400},
    "InvalidTarget": {400},
    "InvalidOwnerExternalId": {400, 404},
    "InvalidParameter": {400},
    "InvalidArgument": {400},
    "InvalidMultipleAccessId": {404},
    "MultipleAccessLimitExceeded": {429},
    "DefaultImportAlreadyExecuted": {400},
    "ConcurrentSessionsLimitExceed": {429},
    "JobsQuotaExceeded": {429},
    "NoDataToCalculateScore": {400},
    "ServiceMaintenance": {503},
    "ServiceTemporarilyUnavailable": {503},
    "IO": set(),
    "InvalidCredentials": set(),
    "AccessBlocked": set(),
    "AccessTemporarilyBlocked": set(),
    "ManualActionRequired": set(),
    "TargetCredentialsMismatch": set(),
    "UnsupportedLoginMethod": set(),
    "UnsupportedLanguage": set(),
    "InsufficientIdentificationLevel": set(),
    "SignInCancelled": set(),
    "SignInTimeout": set(),
    "InvalidRedirectionId": {404},
    "FeatureNotEnabled": {403},
    "NotFound": {404},
    "MethodNotAllowed": {405},
    "PayloadTooLarge": {413},
    "UnsupportedMediaType": {415},
    "TooManyRequests": {429},
    "InvalidDocument": {400},
    "UnsupportedDocument": {400},
    "EncryptedDocument": {400},
    "ScannedDocument": {400},
    "TamperedDocument": {400},
    "InconsistentDocument": {400},
    "InvalidReportToken": {404},
    "ReportNotAvailable": {404},
    "InternalError": {500},
    # Not of the contract, which lets the list grow: what our own additions refuse.
    "InvalidCursor": {400},
    "CursorExpired": {410},
    "IdempotencyKeyInUse": {409},
    "IdempotencyAnswerLost": {409},
    "IdempotencyKeyReused": {422},
}
# These join the tree together with the statements and the reports they belong to.
NOT_RAISED_YET = {
    *("InvalidDocument", "UnsupportedDocument", "EncryptedDocument", "ScannedDocument"),
    *("TamperedDocument", "InconsistentDocument", "InvalidReportToken", "ReportNotAvailable"),
}
# A 401 carries a comment and no exception, so its name is never on the wire.
NEVER_ON_THE_WIRE = {errors.Unauthorized}


def error_tree(root: type[errors.OpenSaldoError]) -> list[type[errors.OpenSaldoError]]:
    return [root, *(each for child in root.__subclasses__() for each in error_tree(child))]


ERRORS = [each for each in error_tree(errors.OpenSaldoError) if each.__module__ == errors.__name__]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_each_error_has_a_name_and_status_of_the_contract(error):
    if error in NEVER_ON_THE_WIRE:
        assert error.http_status == 401
        return
    statuses = STATUSES_OF_NAME[error.wire_name]
    assert error.http_status in (statuses or {400, 503})


def test_every_name_of_the_contract_has_an_error():
    assert {error.wire_name for error in ERRORS} - {"Unauthorized"} == (
        STATUSES_OF_NAME.keys() - NOT_RAISED_YET
    )


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_each_error_says_a_sentence(error):
    assert re.fullmatch(r"[A-Z].*[^.]\.", error.__doc__ or "", re.DOTALL), error.__doc__


def test_the_tree_in_the_docstring_names_every_error():
    drawn = set(re.findall(r"[A-Z]\w+", (errors.__doc__ or "").partition("\n\nA class")[0]))
    assert {error.__name__ for error in ERRORS} - drawn == set()


# --- the coverage gate ---------------------------------------------------------------------------
THRESHOLDS = {
    "pure_core": ["opensaldo.wire"],
    "pure_core_min_percent": 100,
    "overall_min_percent": 90,
}


def report(**covered_lines_of_ten: int) -> dict[str, object]:
    return {
        "files": {
            f"src/opensaldo/{name}.py": {
                "summary": {"num_statements": 10, "covered_lines": covered},
                "missing_lines": list(range(covered, 10)),
            }
            for name, covered in covered_lines_of_ten.items()
        }
    }


def test_the_gate_opens_when_enough_was_reached():
    assert coverage_gate.judge(report(wire=10, app=8), THRESHOLDS) == []


def test_the_gate_names_what_the_pure_core_lacks():
    assert coverage_gate.judge(report(wire=9, app=10), THRESHOLDS) == [
        "opensaldo.wire: 90.0 %, lines 9"
    ]


def test_the_gate_weighs_everything():
    assert coverage_gate.judge(report(wire=10, app=7), THRESHOLDS) == [
        "everything: 85.0 %, wanted 90 %"
    ]


def test_the_gate_notices_a_core_that_was_not_measured():
    assert coverage_gate.judge(report(app=10), THRESHOLDS) == ["opensaldo.wire: not in the report"]


def test_the_gate_counts_branches():
    entry = {"num_statements": 6, "covered_lines": 6, "num_branches": 4, "covered_branches": 2}
    assert coverage_gate.reached_percent([entry]) == 80
    assert coverage_gate.reached_percent([]) == 100
