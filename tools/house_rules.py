"""Check the rules of the house that no other tool knows; each rule's docstring tells why.

A line that must break a rule says so in a comment: `# house: allow <rule>: <reason>`. An escape
that nothing needs any more is reported too, so `grep -rn 'house: allow'` is the whole list.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYTHON_FOLDERS = ("src", "tests", "tools", "bench", "examples")
SKIPPED_FOLDERS = {".git", ".venv", ".tools", ".demo", "build", "dist"}
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
ESCAPE = re.compile(r"# house: allow ([a-z-]+): \S")
Finding = tuple[int, str]


@dataclass(frozen=True)
class Module:
    """One Python file; `name` is dotted (`opensaldo.wire.params`, `tests.test_house`)."""

    path: Path
    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file, every node knowing its `parent`."""
        tree = ast.parse(self.text, str(self.path))
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                child.parent = node  # type: ignore[attr-defined]
        return tree

    @cached_property
    def _all_nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Every comment with the number of its line; none where no rule looks for one."""
        if not re.search(r"house: allow|TODO|FIXME|HACK", self.text):
            return []
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [
            (token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT
        ]

    def within(self, *packages: str) -> bool:
        """True if the module is one of these or lies inside one."""
        return any(
            self.name == package or self.name.startswith(package + ".") for package in packages
        )

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        """All nodes of these kinds."""
        return (node for node in self._all_nodes if isinstance(node, kinds))


def parents(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes around a node, innermost first."""
    while (parent := getattr(node, "parent", None)) is not None:
        yield parent
        node = parent


# --- size --------------------------------------------------------------------------------------
def function_length(module: Module) -> Iterator[Finding]:
    """A function fits on one screen, or nobody reads it to the end (70 lines at most)."""
    for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        length = node.end_lineno - node.lineno + 1
        if length > FUNCTION_LINES_MAX:
            yield node.lineno, f"{node.name} has {length} lines; at most {FUNCTION_LINES_MAX}"


def file_length(module: Module) -> Iterator[Finding]:
    """A file that outgrows 500 lines becomes a package of the same name; the door stays one."""
    length = module.text.count("\n")
    if length > FILE_LINES_MAX:
        yield 1, f"the file has {length} lines; at most {FILE_LINES_MAX}"


# --- money -------------------------------------------------------------------------------------
FLOAT_SUFFIXES = ("_ratio", "_s", "_ms")


def float_money(module: Module) -> Iterator[Finding]:
    """Amounts are exact and a float is not; ratios and times may be one and say so by name."""
    areas = ("domain", "wire", "store", "statements", "connectors")
    if not module.within(*(f"opensaldo.{area}" for area in areas)):
        return
    for node in module.nodes(ast.Name, ast.Constant):
        is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        if (is_literal or _is_float_type(node)) and not _name_around(node).endswith(FLOAT_SUFFIXES):
            yield (
                node.lineno,
                "float where money lives; use Decimal, or a name in _ratio, _s or _ms",
            )


def _is_float_type(node: ast.AST) -> bool:
    """True for `float` as an annotation or as a call; not as an argument of isinstance."""
    if not (isinstance(node, ast.Name) and node.id == "float"):
        return False
    call = next((parent for parent in parents(node) if isinstance(parent, ast.Call)), None)
    return call is None or call.func is node


def _name_around(node: ast.AST) -> str:
    """The lower-case name of what the value is for; empty when the code does not say."""
    inner = node
    for parent in parents(node):
        match parent:
            case ast.keyword(arg=str(name)) | ast.arg(arg=name):
                return name.lower()
            case ast.Assign(targets=[of, *_]) | ast.AnnAssign(target=of) | ast.Compare(left=of):
                return str(getattr(of, "id", getattr(of, "attr", ""))).lower()
            case ast.arguments():
                return _parameter_of(parent, inner)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                return name.lower() if parent.returns is inner else ""
        inner = parent
    return ""


def _parameter_of(arguments: ast.arguments, default: ast.AST) -> str:
    positional = [*arguments.posonlyargs, *arguments.args]
    first = len(positional) - len(arguments.defaults)
    parameters = [*positional[first:], *arguments.kwonlyargs]
    values = [*arguments.defaults, *arguments.kw_defaults]
    named = zip(parameters, values, strict=True)
    return next((parameter.arg.lower() for parameter, value in named if value is default), "")


# --- names and homes ---------------------------------------------------------------------------
DRAWERS = {"util", "utils", "manager", "managers", "misc", "helper", "helpers", "common", "base"}
HOMES_OF_DRAWERS = {"opensaldo.web.common", "opensaldo.connectors.base"}


def module_name(module: Module) -> Iterator[Finding]:
    """A drawer of leftovers grows for ever; a file is named after what it holds."""
    if module.name.rpartition(".")[2] in DRAWERS and module.name not in HOMES_OF_DRAWERS:
        yield 1, f"{module.name} is a name for a drawer of leftovers"


def sql_home(module: Module) -> Iterator[Finding]:
    """Every statement has one place, the store, so that each can be read, indexed and reviewed."""
    if not module.within("opensaldo", "kontobank") or module.within("opensaldo.store"):
        return
    constructors = {"select", "insert", "update", "delete", "text"}
    for node in module.nodes(ast.ImportFrom):
        if (node.module or "").partition(".")[0] == "sqlalchemy":
            for name in constructors & {alias.name for alias in node.names}:
                yield node.lineno, f"sqlalchemy.{name} outside opensaldo.store"
    for node in module.nodes(ast.Attribute):
        if node.attr in constructors and ast.unparse(node.value) in ("sqlalchemy", "sa"):
            yield node.lineno, f"sqlalchemy.{node.attr} outside opensaldo.store"


def environment(module: Module) -> Iterator[Finding]:
    """Options are passed, never fetched: one place says what can be set, and it is documented."""
    if not module.within("opensaldo", "kontobank"):
        return
    if module.within("opensaldo.config", "kontobank.cli"):
        return
    names = {"environ", "environb", "getenv", "putenv"}
    message = "the environment is read in config.py (the mock bank: in cli.py) only"
    for node in module.nodes(ast.ImportFrom):
        if node.module == "os" and names & {alias.name for alias in node.names}:
            yield node.lineno, message
    for node in module.nodes(ast.Attribute):
        if node.attr in names and ast.unparse(node.value) == "os":
            yield node.lineno, message


def kontobank_repeats(module: Module) -> Iterator[Finding]:
    """The same seed gives the same bytes: time and chance come from clock.py and seeds.py alone."""
    if not module.within("kontobank") or module.within("kontobank.clock", "kontobank.seeds"):
        return
    taken = {"random", "secrets", "time", "uuid.uuid1", "uuid.uuid4", "os.urandom"}
    full_names: dict[str, str] = {}
    for node in module.nodes(ast.Import, ast.ImportFrom):
        origin = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        full_names |= {alias.asname or alias.name: origin + alias.name for alias in node.names}
    for node in module.nodes(ast.Call):
        first, _, rest = ast.unparse(node.func).partition(".")
        called = ".".join(filter(None, (full_names.get(first, ""), rest)))
        if called in taken or called.partition(".")[0] in taken or _is_clock(called):
            yield node.lineno, f"{called}: time and chance come from clock.py and seeds.py"


def _is_clock(called: str) -> bool:
    return called.startswith("datetime.") and called.endswith((".now", ".utcnow", ".today"))


# --- errors ------------------------------------------------------------------------------------
def broad_except(module: Module) -> Iterator[Finding]:
    """What nobody expected is caught, logged and named at three doors; elsewhere it is hidden."""
    doors = ("opensaldo.engine.durable", "opensaldo.web", "opensaldo.connectors.http")
    if not module.within("opensaldo", "kontobank") or module.within(*doors):
        return
    for node in module.nodes(ast.ExceptHandler):
        caught = ast.unparse(node.type) if node.type else "BaseException"
        passes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
        if re.search(r"\b(Base)?Exception\b", caught) and not passes_on:
            yield node.lineno, "everything is caught at the three doors only; name the error"


# --- words -------------------------------------------------------------------------------------
def docstrings(module: Module) -> Iterator[Finding]:
    """Each file says what it is for; where facts live, so does each public name."""
    if module.within("tests"):
        return
    if not ast.get_docstring(module.tree):
        yield 1, "the module has no docstring"
    places = ("domain", "connectors.base", "engine", "wire", "data")
    if not module.within(*(f"opensaldo.{place}" for place in places)):
        return
    for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        around = [node, *parents(node)]
        inner = any(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in around[1:])
        private = any(getattr(each, "name", "").startswith("_") for each in around)
        if not inner and not private and not ast.get_docstring(node):
            yield node.lineno, f"{node.name} is public and has no docstring"


def todo_number(module: Module) -> Iterator[Finding]:
    """A promise without a number is never kept: TODO(#12), or not at all."""
    for number, comment in module.comments:
        if re.search(r"\b(TODO|FIXME|HACK)\b(?!\(#\d+\))", comment):
            yield number, "a TODO carries the number of an issue, like TODO(#12)"


def registry_host(text: str) -> Iterator[Finding]:
    """Where packages come from is the user's choice; a tracked address would take it away."""
    machines = "files|test|registry|index|static|proxy|deb|security|archive|ports"
    sites = "pypi|pythonhosted|npmjs|yarnpkg|crates|golang|debian|ubuntu"
    address = re.compile(rf"https?://(({machines})\.)?({sites})\.(org|com|io)\b")
    for number, line in enumerate(text.splitlines(), 1):
        if address.search(line):
            yield number, "the address of a package registry"


Rule = Callable[[Module], Iterator[Finding]]
RULES: dict[str, Rule] = {
    "function-length": function_length,
    "file-length": file_length,
    "float-money": float_money,
    "module-name": module_name,
    "sql-home": sql_home,
    "environment": environment,
    "kontobank-repeats": kontobank_repeats,
    "broad-except": broad_except,
    "docstrings": docstrings,
    "todo-number": todo_number,
}


def check(module: Module) -> Iterator[str]:
    """What is wrong with one module, one line each; escapes that nothing needs included."""
    escapes = {(line, rule) for line, text in module.comments for rule in ESCAPE.findall(text)}
    findings = {(line, name, text) for name, rule in RULES.items() for line, text in rule(module)}
    used = escapes & {(line, name) for line, name, _ in findings}
    for line, name, text in sorted(findings):
        if (line, name) not in used:
            yield f"{module.path}:{line}: {name}: {text}"
    for line, name in sorted(escapes - used):
        yield f"{module.path}:{line}: escape: nothing here needs 'allow {name}' any more"


def modules() -> Iterator[Module]:
    """Every Python file of the tree."""
    for folder in PYTHON_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            inside = path.relative_to(ROOT).with_suffix("")
            parts = [part for part in inside.parts if part not in ("src", "__init__")]
            yield Module(path.relative_to(ROOT), ".".join(parts), path.read_text("utf-8"))


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the tree that is not made by a tool."""
    tops = [top for top in sorted(ROOT.iterdir()) if top.name not in SKIPPED_FOLDERS]
    for path in (path for top in tops for path in [top, *sorted(top.rglob("*"))]):
        if path.is_file() and not any(part.endswith(("_cache", "cache__")) for part in path.parts):
            try:
                yield path.relative_to(ROOT), path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def main() -> int:
    """Print what breaks a rule, one line each; 1 if anything does."""
    broken = [line for module in modules() for line in check(module)]
    for path, text in texts():
        broken += [f"{path}:{line}: registry-host: {what}" for line, what in registry_host(text)]
    print("\n".join(broken) if broken else "The house rules hold.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
