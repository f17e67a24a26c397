"""Changes the domain in a thousand small ways, and tells which of them no test notices.

mutmut makes the changed functions in a copy of the project, and runs of each the tests in
tests/unit that reach it. Changes of texts are left out; removed statements and reversed conditions,
which mutmut does not make, are added. Constants and the defaults of fields are out of its reach.

Exits with 1 when fewer than 90 of 100 are noticed, when one that is not noticed is not listed with
a reason in tests/torture/survivors.toml, and when one that is listed there is noticed by now.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
LISTED = ROOT / "tests/torture/survivors.toml"
COPIED = ("src/domain", "tests", "pyproject.toml")
RESULTS = "results.json"
ENOUGH = 0.9
FEWEST = 1_000
"""Fewer mutants than this are a sign that whole classes were passed over."""

PROCESSES = 2
OUTCOMES = ("killed", "survived", "timeout")
PLAIN = {"no tests": "survived"}


class Change(NamedTuple):
    """What was changed in which function; the lines as they stand there, without indentation."""

    where: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change, and what became of it."""

    change: Change
    outcome: str


def read_listed(text: str) -> dict[Change, str]:
    """The changes that no test has to notice, with the reason for each."""
    entries = tomllib.loads(text).get("survivor", [])
    return {Change(each["where"], each["old"], each["new"]): each["reason"] for each in entries}


def counted(mutants: Sequence[Mutant]) -> str:
    """What was asked and done, in one line."""
    outcomes = Counter(mutant.outcome for mutant in mutants)
    return (
        f"mutants: asked {len(mutants):,}, killed {outcomes['killed']:,}, "
        f"survived {outcomes['survived']:,}, timed out {outcomes['timeout']:,}: "
        f"{outcomes['killed'] / max(1, len(mutants)):.1%}"
    )


def problems(mutants: Sequence[Mutant], listed: dict[Change, str]) -> list[str]:
    """Why this is not good enough; nothing if it is."""
    survived = {each.change for each in mutants if each.outcome == "survived"}
    unjudged = [each for each in mutants if each.outcome not in OUTCOMES]
    killed = sum(each.outcome == "killed" for each in mutants)
    found = []
    if len(mutants) < FEWEST:
        found.append(f"Only {len(mutants)} mutants were made; there should be {FEWEST} at least.")
    if killed < ENOUGH * len(mutants):
        found.append(f"Fewer than {ENOUGH:.0%} were killed.")
    found += [f"{each.outcome}, so not judged: {_shown(each.change)}" for each in unjudged]
    found += [f"No test notices: {_shown(each)}" for each in sorted(survived - listed.keys())]
    found += [
        f"Listed, but noticed by now or gone: {_shown(each)}"
        for each in sorted(listed.keys() - survived)
    ]
    found += [f"Listed without a reason: {_shown(c)}" for c, why in listed.items() if not why]
    return found


def _shown(change: Change) -> str:
    return f"{change.where}\n    old: {change.old}\n    new: {change.new}"


def run() -> list[Mutant]:
    """Makes and judges all mutants, in a copy of the project."""
    with tempfile.TemporaryDirectory() as directory:
        for name in COPIED:
            source, target = ROOT / name, Path(directory, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_file():
                shutil.copy(source, target)
            else:
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, __file__, "--in-copy"]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
        results = Path(directory, RESULTS)
        if done.returncode or not results.exists():
            raise SystemExit(f"{done.stdout[-4_000:]}\n{done.stderr[-4_000:]}\nmutmut failed.")
        entries = json.loads(results.read_text("utf-8"))
    return [Mutant(Change(where, old, new), outcome) for where, old, new, outcome in entries]


def run_in_copy() -> None:
    """Runs mutmut in the present directory, and writes what became of each mutant."""
    from mutmut.__main__ import cli

    _choose_operators()
    cli(["run", "--max-children", str(PROCESSES)], standalone_mode=False)
    entries = [(*each.change, each.outcome) for each in _results()]
    Path(RESULTS).write_text(json.dumps(entries), "utf-8")


def _choose_operators() -> None:
    import libcst as cst
    from mutmut.mutation import mutators

    def removed(statement: cst.Expr | cst.Raise) -> Iterable[cst.Pass]:
        texts = cst.SimpleString | cst.ConcatenatedString | cst.Ellipsis
        if isinstance(statement, cst.Raise) or not isinstance(statement.value, texts):
            yield cst.Pass()

    def reversed_condition(statement: cst.If) -> Iterable[cst.If]:
        test = statement.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield statement.with_changes(test=cst.UnaryOperation(cst.Not(), test))

    added: list[tuple[type, Any]] = [
        (cst.Expr, removed),
        (cst.Raise, removed),
        (cst.If, reversed_condition),
    ]
    kept = [each for each in mutators.mutation_operators if each[1] is not mutators.operator_string]
    if len(kept) + 1 != len(mutators.mutation_operators):
        raise SystemExit("mutmut names its changes of texts otherwise by now; name them so here.")
    # Changed in place, since mutmut has taken this very list by then.
    mutators.mutation_operators[:] = [*kept, *added]  # type: ignore[index]


def _results() -> Iterable[Mutant]:
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.file_utils import walk_mutatable_files
    from mutmut.utils.format_utils import (
        get_module_from_key,
        orig_function_and_class_names_from_key,
    )

    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        for key, code in data.exit_code_by_key.items():
            function, owner = orig_function_and_class_names_from_key(key)
            where = ".".join(filter(None, (get_module_from_key(key), owner, function)))
            lines = get_diff_for_mutant(key, path=path).splitlines()[2:]
            old, new = (
                " ".join(line[1:].strip() for line in lines if line[:1] == sign) for sign in "-+"
            )
            status = status_by_exit_code[code]
            yield Mutant(Change(where, old, new), PLAIN.get(status, status))


def main() -> int:
    """Runs, prints, and says by the exit code whether it is good enough."""
    if "--in-copy" in sys.argv:
        run_in_copy()
        return 0
    mutants, listed = run(), read_listed(LISTED.read_text("utf-8"))
    found = problems(mutants, listed)
    for change, reason in listed.items():
        print(f"Survives: {_shown(change)}\n    why: {reason}")
    print("\n".join([*found, counted(mutants)]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
