"""Rules of the project that a reader would else have to remember."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LOCKS = ("requirements.txt", "requirements-tracing.txt", "requirements-dev.txt")
LONGEST_FILE = 300
LONGEST_FUNCTION = 30

LISTS = {"read", "build", "administration_of"}
"""They name every setting, or every use case, once: long lists of equal lines."""


FETCHING = re.compile(
    r"(urllib\.request|http\.client|ftplib|smtplib|xmlrpc\.client|requests|httpx|aiohttp|urllib3"
    r"|pycurl|websockets?|authlib\.integrations|asyncio\.open_connection"
    r"|socket\.create_connection)(\.|$)"
)
"""What other servers are asked with."""


def imported(path: Path) -> Iterator[str]:
    yield from (name.partition(".")[0] for name in names_imported(path))


def names_imported(path: Path) -> Iterator[str]:
    """With the names out of modules, such as `urllib.request` or `socket.create_connection`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively; name the whole module."
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_there_is_something_to_check() -> None:
    assert {path.parent.name for path in SOURCES} >= {"domain", "adapters", "entrypoints", "http"}


@pytest.mark.parametrize("path", sorted((ROOT / "src/domain").rglob("*.py")), ids=lambda p: p.name)
def test_the_domain_imports_the_standard_library_alone(path: Path) -> None:
    foreign = set(imported(path)) - sys.stdlib_module_names - {"domain"}

    assert not foreign, f"{path.name} needs {foreign}; let it come in through a port instead."


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix()
)
def test_every_file_and_function_can_be_read_at_once(path: Path) -> None:
    text = path.read_text("utf-8")

    lines = text.count("\n")
    assert lines < LONGEST_FILE, f"{lines} lines do two things; give each a file of its own."
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in LISTS:
            code = node.body[1:] if ast.get_docstring(node) else node.body
            length = (code[-1].end_lineno or 0) - code[0].lineno + 1 if code else 0
            assert length < LONGEST_FUNCTION, (
                f"{node.name} has {length} lines; name its steps as functions, so that it reads "
                "as a list of them."
            )


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: path.relative_to(ROOT / "src").as_posix()
)
def test_nothing_here_can_fetch_an_address_that_a_client_names(path: Path) -> None:
    fetching = [name for name in names_imported(path) if FETCHING.match(name)]

    assert not fetching, f"{path.name} imports {fetching}; no address is fetched here."
    asked = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and FETCHING.match(ast.unparse(node))
    ]
    assert not asked, f"{path.name} uses {asked}; no address is fetched here."


def test_what_fetches_is_known_however_it_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "fetching.py"
    for line in (
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import http.client as h",
        "def f():\n    import requests",
        "from authlib.integrations.requests_client import OAuth2Session",
        "from socket import create_connection",
    ):
        path.write_text(line)
        assert any(map(FETCHING.match, names_imported(path))), line
    path.write_text("from urllib.parse import urlsplit\nfrom entrypoints.oauth import requests")
    assert not any(map(FETCHING.match, names_imported(path)))


def test_modules_of_one_capability_share_one_name() -> None:
    for name in ("users", "signing_keys", "sessions", "tokens"):
        layers = {path.relative_to(ROOT / "src").parts[0] for path in SOURCES if path.stem == name}
        assert layers == {"domain", "adapters", "entrypoints"}, f"Where is {name}?"


def requirements(lock: str) -> list[str]:
    """The lock's entries, each on one line."""
    text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.asvs("V15.2.4")
@pytest.mark.parametrize("lock", LOCKS)
def test_every_distribution_is_locked_by_version_and_hash(lock: str) -> None:
    entries = requirements(lock)

    assert len(entries) > 15
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==[0-9a-z.+]+ ", entry), entry
        assert re.search(r" --hash=sha256:[0-9a-f]{64}( |$)", entry), f"{entry} needs a hash."


@pytest.mark.asvs("V15.2.4")
@pytest.mark.parametrize("lock", LOCKS)
def test_no_distribution_brings_a_package_of_our_names(lock: str) -> None:
    names = {re.split(r"[=\[ ]", entry)[0] for entry in requirements(lock)}

    assert not names & {"domain", "adapters", "entrypoints", "varvel"}, (
        "Distributions of these names exist, and would be imported in place of ours."
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_no_two_distributions_bring_passlib(lock: str) -> None:
    names = {re.split(r"[=\[ ]", entry)[0] for entry in requirements(lock)}

    assert "libpass" in names
    assert "passlib" not in names, "libpass is installed under the same import name."


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_download_from(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")

    assert not re.search(r"://|--(extra-)?index-url|--find-links|@ ", text), (
        "A lock holds names and hashes; where they come from is the installer's own matter."
    )


def test_all_locks_agree_on_versions() -> None:
    runtime, tracing, everything = (
        {re.sub(r"\[.*\]", "", entry.split(" ")[0]) for entry in requirements(lock)}
        for lock in LOCKS
    )

    assert runtime <= tracing <= everything, (
        "A test would else run on other versions than a server."
    )


def test_the_example_environment_lists_every_setting_and_no_other() -> None:
    source = (ROOT / "src/entrypoints/settings/__init__.py").read_text("utf-8")
    example = (ROOT / ".env.example").read_text("utf-8")

    read = set(re.findall(r'"(VARVEL_[A-Z_]+)"', source))
    listed = re.findall(r"^#?(VARVEL_[A-Z_]+)=", example, re.MULTILINE)

    assert len(listed) == len(set(listed))
    assert set(listed) == read, "Who runs the service finds its settings in .env.example alone."


def test_settings_are_read_in_one_place() -> None:
    for path in SOURCES:
        names = set(re.findall(r'"(VARVEL_[A-Z_]+)"', path.read_text("utf-8")))
        if path.parent.name != "settings" and path.name != "env.py":
            # The check sets the profile that it judges by, and reads nothing itself.
            names -= {"VARVEL_PROFILE"} if path.name == "check.py" else set()
            assert not names, f"{path.name} reads {names}; take them from Settings."
