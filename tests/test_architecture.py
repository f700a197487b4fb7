"""The rules of the house that a linter cannot state. Each rule is also shown to see its breach."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import layers
from dashboard.app import create_app
from dashboard.services import Services
from data.scope import BUILT_IN_OPERATOR
from data.settings import Settings
from data.store import Store
from tests.makers import NOW

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("data", "layers", "dashboard")
LINES_OF_A_MODULE = 300
LINES_OF_A_FUNCTION = 50


@dataclass(frozen=True)
class Source:
    """A file of the product, as text and, for Python, as tree."""

    path: str
    text: str

    @property
    def package(self) -> str:
        """Return the first folder."""
        return self.path.split("/", maxsplit=1)[0]

    def nodes(self) -> Iterator[ast.AST]:
        """Walk the tree."""
        return ast.walk(ast.parse(self.text))

    def imports(self) -> Iterator[tuple[str, str]]:
        """Yield module and imported name, the name empty where the module itself is imported."""
        for node in self.nodes():
            if isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.module or "", alias.name) for alias in node.names)


Check = Callable[[Source], Iterator[str]]


def only_downwards(source: Source) -> Iterator[str]:
    """Keep imports pointing one way: data knows nobody, layers know data, dashboard knows both."""
    below = PACKAGES[: PACKAGES.index(source.package) + 1]
    for module, _ in source.imports():
        first = module.split(".")[0]
        if first in PACKAGES and first not in below:
            yield f"imports {module}"


HOMES: dict[str, tuple[str, ...]] = {
    "h3": ("data/cells.py",),
    "alembic": ("data/store.py", "data/migrations/"),
    "dash": ("dashboard/",),
    "dash_leaflet": ("dashboard/",),
    "dash_mantine_components": ("dashboard/",),
    "flask": ("dashboard/",),
    "flask_compress": ("dashboard/",),
    "gunicorn": ("dashboard/__main__.py",),
    "click": ("data/cli.py", "data/commands/"),
    "openpyxl": ("data/intake/",),
    "shapefile": ("data/intake/",),
    "psycopg": (),
    "requests": (),
    "geobuf": (),
}


def one_home(source: Source) -> Iterator[str]:
    """Keep each dependency in one place."""
    for module, _ in source.imports():
        homes = HOMES.get(module.split(".")[0])
        if homes is not None and not source.path.startswith(homes):
            yield f"imports {module}, at home in {homes or 'no module of ours'}"


HOMES_OF_SQL = (
    "data/store.py",
    "data/assignment.py",
    "data/index/source.py",
    "data/reads/",
    "data/intake/",
    "data/demo/",
    "data/models/",
    "data/migrations/",
)
NO_SQL = {"Session", "make_url"}


def sql_at_home(source: Source) -> Iterator[str]:
    """Keep statements in the data package; elsewhere a session is handed through, no more."""
    if source.path.startswith(HOMES_OF_SQL):
        return
    for module, name in source.imports():
        if module.startswith("sqlalchemy") and module != "sqlalchemy.exc" and name not in NO_SQL:
            yield f"imports {name or 'all'} from {module}"


EDGES = ("data/cli.py", "dashboard/__main__.py", "dashboard/wsgi.py")


def environment_at_the_edge(source: Source) -> Iterator[str]:
    """Read the environment only where the program begins."""
    if source.path in EDGES:
        return
    for node in source.nodes():
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}:
            yield f"line {node.lineno} reads the environment"
    if ("os", "environ") in source.imports() or ("os", "getenv") in source.imports():
        yield "imports the environment"


BANNED_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|manager|base)$")
BANNED_CLASSES = re.compile(r"(Utils?|Helpers?|Common|Manager|Base)$")


def telling_names(source: Source) -> Iterator[str]:
    """Name modules and classes for what they are."""
    for part in Path(source.path).with_suffix("").parts:
        if BANNED_NAMES.search(part):
            yield f"is named {part}"
    for node in source.nodes():
        if isinstance(node, ast.ClassDef) and BANNED_CLASSES.search(node.name):
            yield f"line {node.lineno} names a class {node.name}"


def short_modules(source: Source) -> Iterator[str]:
    """Keep a module to one subject."""
    lines = source.text.count("\n")
    if lines > LINES_OF_A_MODULE and "/migrations/versions/" not in source.path:
        yield f"has {lines} lines"


def short_functions(source: Source) -> Iterator[str]:
    """Keep a function on one screen; register() is a list of functions."""
    if "/migrations/versions/" in source.path:
        return
    for node in source.nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "register":
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LINES_OF_A_FUNCTION:
                yield f"line {node.lineno} {node.name} has {lines} lines"


def own_styles_only_as_custom_properties(source: Source) -> Iterator[str]:
    """Leave the looks to the style sheets; Python may hand over a value, such as --share."""
    for node in source.nodes():
        if isinstance(node, ast.keyword) and node.arg == "style":
            keys = node.value.keys if isinstance(node.value, ast.Dict) else [None]
            for key in keys:
                if not (isinstance(key, ast.Constant) and str(key.value).startswith("--")):
                    yield f"line {node.value.lineno} sets a style"


def reads_know_who_asks(source: Source) -> Iterator[str]:
    """Ask every read for the session and the scope, first."""
    if not source.path.startswith("data/reads/"):
        return
    for node in source.nodes():
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
            if "session" in names and names[:2] != ["session", "scope"]:
                yield f"line {node.lineno} {node.name}({', '.join(names)})"


OUTSIDE_ADDRESS = re.compile(
    r"""(?:https?:)?//(?!127\.0\.0\.1|localhost|www\.w3\.org/)[a-z0-9-]+(?:\.[a-z0-9-]+)+[/"'\s)]"""
)


def no_address_in_code(source: Source) -> Iterator[str]:
    """Name no address of another machine in a value; a docstring may cite its source."""
    nodes = list(source.nodes())
    cited = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in cited:
            for match in OUTSIDE_ADDRESS.finditer(f"{node.value} "):
                yield f"line {node.lineno} names {match.group(0)}"


def no_outside_address(source: Source) -> Iterator[str]:
    """Name no address of another machine: what the page needs is served from here."""
    for match in OUTSIDE_ADDRESS.finditer(source.text):
        line = source.text.count("\n", 0, match.start()) + 1
        yield f"line {line} names {match.group(0)}"


PYTHON_RULES: tuple[tuple[Check, Source], ...] = (
    (only_downwards, Source("data/geo.py", "from layers.contract import Layer")),
    (only_downwards, Source("layers/areas.py", "import dashboard.app")),
    (one_home, Source("layers/cells.py", "import h3.api.basic_int as h3")),
    (one_home, Source("data/rules/kpi.py", "from dash import html")),
    (sql_at_home, Source("layers/grids.py", "from sqlalchemy import select")),
    (sql_at_home, Source("dashboard/api/layers.py", "import sqlalchemy")),
    (environment_at_the_edge, Source("data/store.py", "import os\nos.environ['GEZHI_PORT']")),
    (environment_at_the_edge, Source("data/store.py", "from os import environ")),
    (telling_names, Source("data/utils.py", "")),
    (telling_names, Source("data/geo.py", "class LayerManager: ...")),
    (short_modules, Source("data/geo.py", "\n" * (LINES_OF_A_MODULE + 1))),
    (short_functions, Source("data/geo.py", "def f():\n" + "    x = 1\n" * LINES_OF_A_FUNCTION)),
    (own_styles_only_as_custom_properties, Source("dashboard/a.py", "f(style={'color': c})")),
    (own_styles_only_as_custom_properties, Source("dashboard/a.py", "f(style=style)")),
    (reads_know_who_asks, Source("data/reads/a.py", "def grids(session, view): ...")),
    (reads_know_who_asks, Source("data/reads/a.py", "def grids(scope, session): ...")),
    (no_address_in_code, Source("dashboard/a.py", "src = 'https://cdn.example.com/a.js'")),
    (no_address_in_code, Source("dashboard/a.py", "src = f'//cdn.example.com/{name}'")),
)
ASSET_RULES: tuple[tuple[Check, Source], ...] = (
    (no_outside_address, Source("assets/a.css", "@import url(//fonts.example.com/a.css);")),
    (no_outside_address, Source("assets/a.js", "fetch('http://tiles.example.com/1')")),
)


def sources(folders: tuple[str, ...], suffixes: tuple[str, ...]) -> list[Source]:
    """Return the files of the product; vendored libraries are not ours to change."""
    return [
        Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in suffixes and "vendor" not in path.parts
    ]


PYTHON = sources(PACKAGES, (".py",))
ASSETS = sources(("assets",), (".js", ".css", ".svg", ".html"))


def name_of(value: object) -> str:
    """Return what a parameter is called in the list of tests."""
    return value.path if isinstance(value, Source) else getattr(value, "__name__", "")


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _ in PYTHON_RULES), ids=name_of)
def test_python_keeps_the_rule(rule: Check) -> None:
    assert [f"{each.path}: {breach}" for each in PYTHON for breach in rule(each)] == []


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _ in ASSET_RULES), ids=name_of)
def test_assets_keep_the_rule(rule: Check) -> None:
    assert [f"{each.path}: {breach}" for each in ASSETS for breach in rule(each)] == []


@pytest.mark.parametrize(("rule", "breach"), PYTHON_RULES + ASSET_RULES, ids=name_of)
def test_rule_sees_a_breach(rule: Check, breach: Source) -> None:
    assert list(rule(breach)) != []


def test_all_packages_are_looked_at() -> None:
    assert {source.package for source in PYTHON} == set(PACKAGES)


def test_every_layer_module_is_registered() -> None:
    declaring = {
        Path(source.path).stem
        for source in PYTHON
        if source.package == "layers" and re.search(r"^LAYER\b", source.text, re.MULTILINE)
    }
    assert sorted(layer.key for layer in layers.LAYERS) == sorted(declaring)


def test_tests_mirror_the_packages_without_being_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_two_apps_live_in_one_process(sqlite_store: Store) -> None:
    services = Services(Settings(), sqlite_store, lambda: NOW, lambda: BUILT_IN_OPERATOR)
    apps = [create_app(services.settings, services) for _ in range(2)]
    callbacks = [app.server.test_client().get("/_dash-dependencies").get_json() for app in apps]
    assert callbacks[0] != []
    assert callbacks[0] == callbacks[1]


IMPORT_EVERYTHING = """
import importlib, sys
effects = []
def watch(event, details):
    if event in {"socket.connect", "socket.bind", "subprocess.Popen", "sqlite3.connect"}:
        effects.append((event, str(details)))
sys.addaudithook(watch)
for module in sys.argv[1:]:
    importlib.import_module(module)
print(effects)
"""


def test_nothing_happens_on_import(tmp_path: Path) -> None:
    modules = [
        source.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        for source in PYTHON
        if "migrations/" not in source.path and source.path not in EDGES
    ]
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING, *modules],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "[]\n"
    assert list(tmp_path.iterdir()) == []
