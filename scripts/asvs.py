"""Makes the table of ASVS 5.0 requirements from docs/asvs.csv and the markers of the tests.

`python scripts/asvs.py` writes docs/asvs.md, and the counts into docs/security.md;
`python scripts/asvs.py --check` exits with 1 when either is stale. Both name every fault: a
requirement that is judged twice or not at all, a marker or a link that leads nowhere.
"""

import ast
import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "docs/asvs.csv"
TABLE = ROOT / "docs/asvs.md"
SUMMARY = ROOT / "docs/security.md"
BEGIN, END = "<!-- written by make asvs -->", "<!-- until here -->"

COLUMNS = ["id", "level", "requirement", "judgement", "reason"]
TEST = "test"
JUDGEMENTS = ("document", "not met", "not applicable")
"""What may stand in the file; where nothing does, tests show that the requirement is met."""

STANDINGS = {TEST: "met, by a test", "document": "met, by a document"}
CHAPTERS = {
    "V1": "Encoding and injection",
    "V2": "Validation and business logic",
    "V3": "Browsers",
    "V4": "HTTP",
    "V6": "Authentication",
    "V7": "Sessions",
    "V8": "Authorization",
    "V9": "Self-contained tokens",
    "V10": "OAuth",
    "V11": "Cryptography",
    "V13": "Configuration",
    "V14": "Data",
    "V15": "Code and dependencies",
    "V16": "Log and errors",
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """A line of the file. `reason` is the link of a document, or a sentence."""

    id: str
    level: str
    gloss: str
    judgement: str
    reason: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A test that carries the marker. `path` is relative to the repository."""

    path: str
    name: str
    ids: tuple[str, ...]


Shown = Mapping[str, Sequence[Marked]]


def read(text: str) -> list[Requirement]:
    """The requirements. Raises ValueError for a file of other columns."""
    header, *rows = csv.reader(text.splitlines())
    if header != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise ValueError(f"Every line of {SOURCE.name} has the columns {', '.join(COLUMNS)}.")
    return [Requirement(*row) for row in rows]


def marked(root: Path) -> Iterator[Marked]:
    """The marked tests. Raises ValueError for a marker that is no decorator of a test."""
    for path in sorted((root / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        relative = path.relative_to(root).as_posix()
        markers = sum(isinstance(n, ast.Attribute) and n.attr == "asvs" for n in ast.walk(tree))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found = [ids for each in node.decorator_list if (ids := _ids(each))]
                if found and node.name.startswith("test_"):
                    markers -= len(found)
                    yield Marked(relative, node.name, tuple(id_ for ids in found for id_ in ids))
        if markers:
            raise ValueError(
                f"{relative}: asvs marks functions that are tests, with ids as plain texts."
            )


def _ids(decorator: ast.expr) -> list[str]:
    match decorator:
        case ast.Call(func=ast.Attribute(attr="asvs"), args=args, keywords=[]):
            ids = [each.value for each in args if isinstance(each, ast.Constant)]
            return [each for each in ids if isinstance(each, str)] if len(ids) == len(args) else []
    return []


def shown(tests: Iterable[Marked]) -> dict[str, list[Marked]]:
    """The tests of each requirement."""
    found: dict[str, list[Marked]] = {}
    for test in tests:
        for id_ in test.ids:
            found.setdefault(id_, []).append(test)
    return found


def faults(requirements: Sequence[Requirement], tests: Shown, root: Path) -> Iterator[str]:
    """What is wrong, a sentence each."""
    ids = [each.id for each in requirements]
    for id_ in tests.keys() - set(ids):
        yield f"{tests[id_][0].name} is marked with {id_}, which {SOURCE.name} does not have."
    if ids != sorted(set(ids), key=_order):
        yield f"The lines of {SOURCE.name} are in the order of their ids, and each is there once."
    for each in requirements:
        if each.judgement and each.id in tests:
            yield f"{each.id} is judged in {SOURCE.name}, and marked at {tests[each.id][0].name}."
        elif not each.judgement and each.id not in tests:
            yield f"{each.id} has neither a test that is marked with it nor a judgement."
        yield from _faults(each, root)


def _order(id_: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall("[0-9]+", id_)))


def _faults(each: Requirement, root: Path) -> Iterator[str]:
    if each.level not in ("1", "2", "3") or not each.gloss or _chapter(each) not in CHAPTERS:
        yield f"{each.id} needs a known chapter, a level from 1 to 3, and what is asked."
    if each.judgement not in ("", *JUDGEMENTS) or bool(each.judgement) != bool(each.reason):
        yield f"{each.id} has a judgement of {', '.join(JUDGEMENTS)} and its reason, or neither."
    if each.judgement == "document" and not _exists(each.reason, root):
        yield f"{each.id} is met by {each.reason}, where no heading is."


def _exists(link: str, root: Path) -> bool:
    name, _, anchor = link.partition("#")
    path = root / name
    return path.is_file() and anchor in anchors(path.read_text("utf-8"))


def anchors(markdown: str) -> set[str]:
    """The anchors of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _chapter(each: Requirement) -> str:
    return each.id.partition(".")[0]


def _standing(each: Requirement) -> str:
    return each.judgement or TEST


def counts(requirements: Sequence[Requirement]) -> dict[tuple[str, str], int]:
    """How many requirements of each level stand how."""
    found = {(level, standing): 0 for level in "123" for standing in (TEST, *JUDGEMENTS)}
    for each in requirements:
        found[each.level, _standing(each)] += 1
    return found


def summary(requirements: Sequence[Requirement]) -> str:
    """The counts, as a table."""
    found = counts(requirements)
    lines = [
        "| level | " + " | ".join(STANDINGS.get(s, s) for s in (TEST, *JUDGEMENTS)) + " | all |"
    ]
    lines.append("|---" * (len(JUDGEMENTS) + 3) + "|")
    for level, levels in (("1", "1"), ("2", "2"), ("3", "3"), ("all", "123")):
        row = [sum(found[each, s] for each in levels) for s in (TEST, *JUDGEMENTS)]
        lines.append("| " + " | ".join(map(str, (level, *row, sum(row)))) + " |")
    return "\n".join(lines) + "\n"


def page(requirements: Sequence[Requirement], tests: Shown) -> str:
    """docs/asvs.md."""
    parts = [_HEAD, summary(requirements)]
    for chapter, title in CHAPTERS.items():
        rows = [each for each in requirements if _chapter(each) == chapter]
        if rows:
            parts.append(f"\n## {chapter} {title}\n\n| id | level | asked | how it stands |\n")
            parts.append("|---|---|---|---|\n")
            parts += (
                f"| {each.id} | {each.level} | {each.gloss} | {_told(each, tests)} |\n"
                for each in rows
            )
    return "".join(parts)


_HEAD = """\
# ASVS 5.0

<!-- Written by make asvs from docs/asvs.csv and the markers of the tests: change those. -->

How Varvel stands to 203 of the 345 requirements of OWASP's Application Security Verification
Standard 5.0.0: those that can be asked of an API that authenticates. The others are not judged.
What is asked is told in a few words of ours; the standard has its own.

Judged is the production profile at its defaults, behind a proxy with TLS. A requirement that is met
by a test has one that fails when the behaviour breaks, and carries `@pytest.mark.asvs`. What is met
in part is not met, and the reason says what is missing.

"""


def _told(each: Requirement, tests: Shown) -> str:
    if not each.judgement:
        names = sorted({(test.name, test.path) for test in tests[each.id]})
        return "met: " + ", ".join(f"[`{name}`](../{path})" for name, path in names)
    if each.judgement == "document":
        name = each.reason.removeprefix("docs/")
        return f"met: [{name}]({name if each.reason.startswith('docs/') else '../' + name})"
    return f"**{each.judgement}**: {each.reason}"


def summarized(markdown: str, requirements: Sequence[Requirement]) -> str:
    """The page with the present counts between its comments. Raises ValueError without those."""
    before, begin, rest = markdown.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{SUMMARY.name} needs the lines {BEGIN} and {END}.")
    return f"{before}{begin}\n\n{summary(requirements)}\n{end}{after}"


def pages() -> dict[Path, str]:
    """What has to be written where. Raises ValueError that names every fault."""
    requirements = read(SOURCE.read_text("utf-8"))
    tests = shown(marked(ROOT))
    if found := list(faults(requirements, tests, ROOT)):
        raise ValueError("\n".join(found))
    old = SUMMARY.read_text("utf-8")
    return {TABLE: page(requirements, tests), SUMMARY: summarized(old, requirements)}


def main() -> int:
    """Writes the pages, or checks the written ones."""
    try:
        made = pages()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if "--check" not in sys.argv:
        for path, text in made.items():
            path.write_text(text, "utf-8")
        return 0
    if all(path.is_file() and path.read_text("utf-8") == text for path, text in made.items()):
        return 0
    print("The table of ASVS requirements is stale; run: make asvs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
