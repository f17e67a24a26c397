"""What the source may not hold: code made of data, weak cryptography, patterns that blow up."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.identifiers import IDENTIFIER_BYTES, SECRET_BYTES
from entrypoints.http.requests import ID_BYTES
from entrypoints.settings.reader import MINIMUM_SECRET_BYTES

ROOT = Path(__file__).parents[2]
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted((ROOT / "src").rglob("*.py"))
}
NODES = [(path, node) for path, tree in TREES.items() for node in ast.walk(tree)]

EVALUATING = {"eval", "exec", "compile", "__import__"}
UNSAFE_READERS = {"dill", "jsonpickle", "marshal", "pickle", "shelve", "yaml"}
PREDICTABLE = {"numpy", "random", "uuid"}
MAKERS = {"token_bytes", "token_hex", "token_urlsafe"}

parser: Any = importlib.import_module("re._parser")
ENDLESS = parser.MAXREPEAT


def imports() -> Iterator[tuple[str, str]]:
    """Every module that is imported, and every name from one, with dots."""
    for path, node in NODES:
        if isinstance(node, ast.Import):
            yield from ((path, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)


def tops() -> set[str]:
    return {name.partition(".")[0] for _, name in imports()}


@pytest.mark.asvs("V1.3.2")
def test_nothing_makes_code_of_data() -> None:
    called = {
        (path, n.func.id)
        for path, n in NODES
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }

    assert {"len", "Lane"} <= {name for _, name in called}
    assert not {(path, name) for path, name in called if name in EVALUATING}


@pytest.mark.asvs("V1.5.2")
def test_nothing_reads_objects_from_bytes() -> None:
    assert "json" in tops()
    assert not tops() & UNSAFE_READERS


@pytest.mark.asvs("V11.4.1", "V11.4.3")
def test_the_only_hash_function_is_sha_256() -> None:
    used = {(str(path), name) for path, name in imports() if name.startswith("hashlib")}
    # What Flask applications hashed passwords with is only known again here, and never made.
    others = {(path, name) for path, name in used if path.endswith("passwords/werkzeug.py")}
    assert {name for _, name in used - others} == {"hashlib.sha256"}
    assert {name for _, name in others} == {"hashlib.pbkdf2_hmac", "hashlib.scrypt"}
    names = {name for _, name in imports() if name.startswith("cryptography.hazmat")}
    assert names == {
        "cryptography.hazmat.primitives.hashes.SHA256",
        "cryptography.hazmat.primitives.kdf.hkdf.HKDF",
    }


@pytest.mark.asvs("V7.2.3", "V11.5.1")
def test_whatever_is_random_comes_from_the_system_with_128_bits_at_least() -> None:
    sizes = {
        "IDENTIFIER_BYTES": IDENTIFIER_BYTES,
        "SECRET_BYTES": SECRET_BYTES,
        "MINIMUM_SECRET_BYTES": MINIMUM_SECRET_BYTES,
        # Cut into as many.
        "_AT_ONCE * ID_BYTES": ID_BYTES,
        # Of the salt of a decoy, which has no more than a look to keep up.
        "size": 16,
    }
    made = [
        n
        for _, n in NODES
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in MAKERS
    ]

    assert not tops() & PREDICTABLE
    assert len(made) >= 4
    for call in made:
        (size,) = call.args
        given = size.value if isinstance(size, ast.Constant) else sizes[ast.unparse(size)]
        assert isinstance(given, int)
        assert given >= 16


def patterns() -> list[str]:
    """Every pattern of a call to `re`, with what is formatted into it left out."""
    found = []
    for _, node in NODES:
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            parts = (
                node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else node.args[:1]
            )
            found.append("".join(str(p.value) for p in parts if isinstance(p, ast.Constant)))
    return found


def blows_up(parsed: Any, *, repeated: bool = False) -> bool:
    """Whether what repeats without end holds what repeats without end, or a choice."""
    for name, argument in parsed:
        if name in (parser.MAX_REPEAT, parser.MIN_REPEAT):
            _, most, inner = argument
            if (most is ENDLESS and repeated) or blows_up(
                inner, repeated=repeated or most is ENDLESS
            ):
                return True
        elif name is parser.SUBPATTERN:
            if blows_up(argument[-1], repeated=repeated):
                return True
        elif name is parser.BRANCH and (
            repeated or any(blows_up(each, repeated=repeated) for each in argument[1])
        ):
            return True
    return False


@pytest.mark.asvs("V1.3.12")
def test_no_pattern_repeats_what_repeats() -> None:
    found = patterns()

    assert len(found) >= 10
    assert not [pattern for pattern in found if blows_up(parser.parse(pattern))]
    for bad in ("(a+)+", "(a|ab)*", "((x{2,})y?)*"):
        assert blows_up(parser.parse(bad))
