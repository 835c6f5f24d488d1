"""Write the documents that are made from code and data; `--check` only says which are stale.

Made: docs/reference/errors.md (from errors.py), docs/reference/coverage.md (from the bank files),
docs/reference/misbehaviour.md (from KontoBank's faults and packs), docs/reference/receipt.md (from
the words of a receipt)
and the table of settings in README.md (from config.py).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from kontobank.faults import KINDS, WORDINGS
from kontobank.quirks import PACKS
from opensaldo import errors
from opensaldo.config import PREFIX, VARIABLES
from opensaldo.domain.receipt import MEANINGS, Outcome, Reason, Skip
from opensaldo.domain.target import Interface
from opensaldo.engine.coverage import Coverage, CoveredTarget, coverage

ROOT = Path(__file__).resolve().parent.parent
MADE = "<!-- Made by tools/make_docs.py; do not edit by hand. -->"
README_BEGIN = "<!-- settings: made by tools/make_docs.py -->\n"
README_END = "<!-- end of settings -->"
GROUPS: tuple[tuple[type[errors.OpenSaldoError], str], ...] = (
    (errors.CallerError, "Your program must change its request, or wait"),
    (errors.SessionError, "The session cannot serve this"),
    (errors.PsuError, "The person must act"),
    (errors.BankError, "The bank must recover, or the person must sign in again"),
    (errors.PlatformUnavailable, "The operator must act"),
    (errors.Defect, "We must act"),
)
ABOUT_ERRORS = """
Every failure has a name. A refused request carries it in its body, with the HTTP status below. A
command that failed carries it in the answer to a poll, and a sign-in that failed in the status of
the redirection; both are a 200, and so most names of persons and banks arrive. The message may be
worded more exactly than here: decide by the name. Limits (429) say in `Retry-After` how long to
wait.

A 401 is the exception: it has no name, and a comment that shows the calling address and the key,
masked.
"""
ABOUT_MISBEHAVIOUR = """
KontoBank fails as it is told: call by call at its switchboard, by a seeded plan, or always, in the
way of some real bank (a pack).

`kontobank serve --faults FILE.toml` follows a plan from its start and after each reset; the same
as JSON goes to `PUT /switchboard/plan`, and `{"random": 7}` is the plan that seed 7 draws. What a
call meets depends on the seed, the login, the account, the endpoint and which one of those calls it
is, never on the time or on other callers.

```toml
seed = 7

[latency]
shape = "lognormal"   # or "constant", "heavy_tail"
ms = 80               # the constant, the median, or the least of a heavy tail

[[fault]]
kind = "limit"
wording = "silence"
path = "getTransactions"   # an endpoint as GET /switchboard/log names it; any without it
login = "test1"
account = "1234"           # the last four characters of its number
nth = [2]                  # of those calls, counted from 1; all of them without it
share = 0.5                # of these calls, drawn by the seed
```

What a platform can see of a page that was left out is in the reply or nowhere. With running
balances on the rows (PolishAPI, Berlin Group, OBIE) a gap between two pages shows. A list that
simply ends early, its oldest pages left out, shows within one import only where the bank counts its
rows or pages (Czech standard, OBIE): what is left is a whole chain that ends at the balance. Later
imports under the same consent see more: booked rows that were listed before and are not any more
are `rows_withdrawn` in the receipt, which is `explained` then and not `complete`. Where all of them
are there but rows carry no balances, the balance of the import before must lead to the one now, or
the import ends as an error. The first import of a consent has nothing to compare with; where rows
carry no balances its receipt says `first_import`. Where they do, `provenSince` is the day from
which they lead to the balance; whether there were older rows the bank alone knows.
"""
RECEIPT_MEMBERS = (
    ("member", "says"),
    ("`outcome`", "how it ended, see below"),
    ("`pages` `fetched`", "what the bank sent; of a failed import too"),
    ("`rows` `accounts`", "what is in the result; `fetched` is `rows` and all that is `skipped`"),
    (
        "`new` `changed` `retired`",
        "since the last import under the same consent; without one all rows are new",
    ),
    ("`retiredIds`", "rows of earlier imports that do not exist any more: forget them"),
    (
        "`balances`",
        "of each account what the bank's balance has more than the rows account for (`gap`), and "
        "why; how fresh it is: `newestOn`, the day of the newest row, and `balanceOn`, the bank's "
        "own day of the balance; `provenSince`, the day from which rows lead to it",
    ),
    ("`rereads`", "1 when the rows did not add up at first and were read once more"),
    ("`callsLeft`", "imports the consent still allows in these 24 hours"),
    ("`target` `standard` `version`", "the bank, its standard and the version of that"),
)
ABOUT_RECEIPT = """
Every import ends with a receipt: `receipt` in the answer to a poll in the JSON dialect, and
`opensaldo imports show ID` for the operator. The XML dialect has no place for it.
"""
ABOUT_ROWS = """
An import whose rows do not add up, and nothing explains it, is an error and never a success.

## Keeping rows of your own

Keep them by `id`. A row that comes again under its id replaces the one you have; drop those in
`retiredIds`. `id` stays the same whatever the bank calls the row, when it books, and after a new
consent of the person. Two truly equal payments have two ids. A row that books mostly keeps its day:
ask with a `since` not later than the oldest row you hold that has not booked yet. At least 45 days
are read whatever `since` is, so that balances can be proven, as far as the person and the
limits allow; what you did not ask for counts as `outside_range`.
"""
ABOUT_PACKS = """
`PUT /switchboard/packs` with `{"packs": ["ids-reissued", "nulls"], "login": "test1"}` switches
packs on for a login, without `login` for everybody, an empty list switches them off; `place` is the
country of the one bank it is for. The page `/world` has a button for each. A mask brings its own in
the member `quirks`. Each stands in a test in which an importer that believes banks gets
it wrong and the platform right, both held against the bank's own books.
"""
ABOUT_SLOW_PACKS = """
These show only over several imports of a login that [lives](../guides/living-logins.md). While one
is on, what it says happens to every payment and the bank is otherwise calm: everything books once,
unchanged, under the id it had. The truth file tells the payments as they are under the packs.
"""
COUNTED = ("banks", "psd2", "fallback", "cards", "multiple_access")
ABOUT_COVERAGE = """\
{count} targets, read from `src/opensaldo/data/<country>/banks/`. A target is one way into one bank.
*Proven* means that somebody signed in with the file and it worked, *documented* that the bank, its
hub or their portal says so, *unproven* that it is assumed. On test KontoBank, the mock bank, plays
every bank under its name and with its limits; production clients see proven and documented targets
for which the operator has the bank's credentials. A running platform shows the same at
`/docs/coverage`, `/docs/coverage.json` and `/docs/coverage.csv`.
"""


def table(*rows: tuple[str, ...]) -> str:
    """A Markdown table; the first row is its head."""
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def errors_page() -> str:
    """docs/reference/errors.md."""
    parts = [f"# Errors\n\n{MADE}\n{ABOUT_ERRORS}"]
    for root, title in GROUPS:
        rows = [
            (_name(error), str(error.http_status), error.__doc__ or "") for error in _family(root)
        ]
        parts.append(f"\n## {title}\n\n" + table(("name", "HTTP", "message"), *rows))
    return "".join(parts)


def _name(error: type[errors.OpenSaldoError]) -> str:
    return "–" if error is errors.Unauthorized else f"`{error.wire_name}`"


def _family(root: type[errors.OpenSaldoError]) -> Iterator[type[errors.OpenSaldoError]]:
    """The errors below a root that are raised as they are, in the order of the file."""
    children = [each for each in root.__subclasses__() if each.__module__ == errors.__name__]
    if root.__name__ == root.wire_name or not children:
        yield root
    for child in children:
        yield from _family(child)


def coverage_page() -> str:
    """docs/reference/coverage.md: the coverage page as a document."""
    covered = coverage()
    countries = [
        (each.name, *(str(getattr(each, what)) for what in COUNTED)) for each in covered.countries
    ]
    head = ("country", "banks", "PSD2", "fallback", "with cards", "multiple access")
    parts = [
        f"# Coverage\n\n{MADE}\n\n{ABOUT_COVERAGE.format(count=len(covered.targets))}"
        f"\n## Countries and services\n\n{table(head, *countries)}"
    ]
    for country in covered.countries:
        ours = [each for each in covered.targets if each.country == country.code]
        head = ("target", "bank", "standard", "supported accounts", "cards")
        rows = [_coverage_row(each) for each in ours]
        parts.append(f"\n## {country.name}\n\n")
        parts.append(table((*head, "multiple access", "history", "status"), *rows))
    parts.append("\n## Fields\n\n")
    parts += [_fields_of(covered, noun) for noun in covered.fields]
    tests = covered.tests
    rows = [(f"`{each.login}`", each.code or "none", each.shows) for each in tests.accounts]
    parts.append(f"## Test accounts\n\nThe password is `{tests.password}`.\n\n")
    parts.append(table(("login", "code", "shows"), *rows))
    return "".join(parts)


def _coverage_row(one: CoveredTarget) -> tuple[str, ...]:
    later = f", later {one.history_days_later}"
    return (
        f"`{one.name}`",
        one.bank,
        one.standard,
        ", ".join(one.account_types),
        "yes" if one.cards else "no",
        "yes" if one.multiple_access else "no",
        f"{one.history_days_initial} days" + later * (one.interface is Interface.PSD2),
        "for tests" if one.for_tests_only else one.status,
    )


def _fields_of(covered: Coverage, noun: str) -> str:
    """Which targets deliver which fields of one noun; those that agree share a line."""
    agreeing: dict[tuple[str, ...], list[str]] = {}
    for each in covered.targets:
        if each.fields[noun]:
            agreeing.setdefault(each.fields[noun], []).append(f"`{each.name}`")
    rows = [(", ".join(names), " ".join(targets)) for names, targets in agreeing.items()]
    return f"### {noun.capitalize()}\n\n{table(('fields', 'targets'), *rows)}\n"


def receipt_page() -> str:
    """docs/reference/receipt.md: the words of a receipt."""
    members = table(*RECEIPT_MEMBERS)
    parts = [f"# Receipts\n\n{MADE}\n{ABOUT_RECEIPT}\n{members}{ABOUT_ROWS}"]
    for words, title, head in (
        (Outcome, "Outcomes", "outcome"),
        (Skip, "Why a row is not in the result", "skipped"),
        (Reason, "Why a balance is not proven", "reason"),
    ):
        rows = [(f"`{one.value}`", MEANINGS[one]) for one in words]
        parts.append(f"\n## {title}\n\n" + table((head, "means"), *rows))
    return "".join(parts)


def misbehaviour_page() -> str:
    """docs/reference/misbehaviour.md: what the mock bank can do wrong."""
    faults = [(f"`{kind}`", what) for kind, what in KINDS.items()]
    wordings = [
        (f"`{name}`", one.form, one.code or one.text or "–", one.wait or "none")
        for name, one in WORDINGS.items()
    ]
    packs = [
        (
            f"`{one.name}`",
            one.does,
            _source(one.source),
            " ".join(f"`{at}`" for at in one.standards),
            one.is_slow,
        )
        for one in PACKS.values()
    ]
    head = ("pack", "what the bank does", "met in", "played at")
    at_once = [row for *row, is_slow in packs if not is_slow]
    slow = [row[:3] for *row, is_slow in packs if is_slow]
    return (
        f"# Misbehaviour on request\n\n{MADE}\n{ABOUT_MISBEHAVIOUR}\n"
        f"## Kinds of fault\n\n{table(('kind', 'what the caller meets'), *faults)}\n"
        f"## Wordings of 429\n\n"
        f"{table(('wording', 'form', 'says', 'Retry-After'), *wordings)}\n"
        f"## Packs\n{ABOUT_PACKS}\n"
        f"{table(head, *at_once)}\n"
        f"## Packs over days\n{ABOUT_SLOW_PACKS}\n{table(head[:3], *slow)}"
    )


def _source(written: str) -> str:
    """A thread as a link; a note as it is."""
    repository, sign, number = written.partition("#")
    if not sign:
        return written
    return f"[{written}](https://github.com/{repository}/issues/{number})"


def settings_table() -> str:
    """The table of settings in the README."""
    rows = [
        (f"`{PREFIX}{each.name}`", f"`{each.default}`" if each.default else "", each.meaning)
        for each in VARIABLES
    ]
    return table(("variable", "default", "meaning"), *rows)


def readme() -> str:
    """The README with its table of settings renewed."""
    before, _, rest = (ROOT / "README.md").read_text("utf-8").partition(README_BEGIN)
    _, _, after = rest.partition(README_END)
    return before + README_BEGIN + settings_table() + README_END + after


def documents() -> dict[str, str]:
    """Every document by its path: what it should say."""
    return {
        "docs/reference/errors.md": errors_page(),
        "docs/reference/coverage.md": coverage_page(),
        "docs/reference/misbehaviour.md": misbehaviour_page(),
        "docs/reference/receipt.md": receipt_page(),
        "README.md": readme(),
    }


def stale() -> list[str]:
    """The documents that do not say what code and data say."""
    return [
        path
        for path, text in documents().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text("utf-8") != text
    ]


def main() -> int:
    """Write what is stale, or name it with `--check`."""
    found = stale()
    if "--check" in sys.argv[1:]:
        print("\n".join(f"{path} is stale; run tools/make_docs.py" for path in found))
        return 1 if found else 0
    made = documents()
    for path in found:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(made[path], "utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
