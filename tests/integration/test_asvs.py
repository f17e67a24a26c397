"""The table of ASVS requirements: every one judged once, by a test, a document or a reason."""

from pathlib import Path

import pytest
from scripts import asvs
from scripts.asvs import BEGIN, END, ROOT, Marked, Requirement

TEST = Marked("tests/test_doors.py", "test_a_door_is_shut", ("V6.2.1",))
MET = Requirement("V6.2.1", "1", "long passwords", "", "")
JUDGED = Requirement("V6.2.2", "1", "changes", "not met", "Nobody can change one.")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a page, and with a folder for tests."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("# Page\n\n## Who may, and `when`\n")
    (tmp_path / "tests").mkdir()
    return tmp_path


def faults(root: Path, *requirements: Requirement, tests: tuple[Marked, ...] = (TEST,)) -> str:
    return "\n".join(asvs.faults(requirements, asvs.shown(tests), root))


def marked(root: Path, source: str) -> list[Marked]:
    (root / "tests/test_doors.py").write_text(f"import pytest\n\n{source}")
    return list(asvs.marked(root))


def test_each_requirement_with_a_test_or_a_judgement_is_no_fault(root: Path) -> None:
    assert faults(root, MET, JUDGED) == ""


def test_a_marker_with_an_id_that_is_not_listed_is_a_fault(root: Path) -> None:
    assert faults(root, JUDGED) == (
        "test_a_door_is_shut is marked with V6.2.1, which asvs.csv does not have."
    )


def test_a_requirement_with_neither_is_a_fault(root: Path) -> None:
    assert faults(root, MET, tests=()) == (
        "V6.2.1 has neither a test that is marked with it nor a judgement."
    )


def test_a_requirement_with_both_is_a_fault(root: Path) -> None:
    both = Requirement("V6.2.1", "1", "long passwords", "not met", "They are short.")

    assert faults(root, both) == "V6.2.1 is judged in asvs.csv, and marked at test_a_door_is_shut."


@pytest.mark.parametrize(
    ("link", "is_found"),
    [
        ("docs/page.md#page", True),
        ("docs/page.md#who-may-and-when", True),
        ("docs/page.md#nowhere", False),
        ("docs/page.md", False),
        ("docs/nowhere.md#page", False),
        ("#page", False),
    ],
)
def test_a_document_is_a_heading_that_is_there(root: Path, link: str, is_found: bool) -> None:
    told = faults(root, Requirement("V6.1.1", "1", "a page", "document", link), tests=())

    assert told == ("" if is_found else f"V6.1.1 is met by {link}, where no heading is.")


@pytest.mark.parametrize(
    "wrong",
    [
        Requirement("V6.1.1", "1", "a page", "nearly", "It is almost there."),
        Requirement("V6.1.1", "1", "a page", "not met", ""),
        Requirement("V6.1.1", "4", "a page", "not met", "No."),
        Requirement("V6.1.1", "1", "", "not met", "No."),
        Requirement("V99.1.1", "1", "a page", "not met", "No."),
    ],
)
def test_a_line_of_another_form_is_a_fault(root: Path, wrong: Requirement) -> None:
    assert faults(root, wrong, tests=()).startswith(wrong.id)


@pytest.mark.parametrize("lines", [(JUDGED, MET), (MET, JUDGED, JUDGED)])
def test_lines_in_disorder_are_a_fault(root: Path, lines: tuple[Requirement, ...]) -> None:
    assert "in the order of their ids" in faults(root, *lines)


def test_markers_are_read_from_tests_without_running_them(root: Path) -> None:
    source = """
@pytest.mark.asvs("V6.2.1", "V6.2.2")
@pytest.mark.parametrize("x", [1])
@pytest.mark.asvs("V6.2.3")
async def test_a_door_is_shut(x): 1 / 0
def test_another(): 1 / 0
"""

    assert marked(root, source) == [
        Marked("tests/test_doors.py", "test_a_door_is_shut", ("V6.2.1", "V6.2.2", "V6.2.3"))
    ]


@pytest.mark.parametrize(
    "source",
    [
        'pytestmark = pytest.mark.asvs("V6.2.1")',
        'ID = "V6.2.1"\n@pytest.mark.asvs(ID)\ndef test_x(): ...',
        "@pytest.mark.asvs()\ndef test_x(): ...",
        "@pytest.mark.asvs\ndef test_x(): ...",
        '@pytest.mark.asvs("V6.2.1")\ndef helper(): ...',
        'class TestX:\n    @pytest.mark.asvs("V6.2.1")\n    def test_x(self): ...',
    ],
)
def test_a_marker_that_cannot_be_read_is_refused(root: Path, source: str) -> None:
    with pytest.raises(ValueError, match=r"tests/test_doors\.py: asvs marks functions"):
        marked(root, source)


def test_what_is_met_by_which_test_and_what_is_not_is_told_and_counted() -> None:
    page = asvs.page([MET, JUDGED], asvs.shown([TEST]))

    assert (
        "| V6.2.1 | 1 | long passwords | met: [`test_a_door_is_shut`](../tests/test_doors.py) |"
    ) in page
    assert "| V6.2.2 | 1 | changes | **not met**: Nobody can change one. |" in page
    assert "| 1 | 1 | 0 | 1 | 0 | 2 |\n" in page


def test_the_counts_are_written_between_their_comments_again_and_again() -> None:
    once = asvs.summarized(f"before\n{BEGIN}\nold\n{END}\nafter\n", [MET])

    assert once.startswith(f"before\n{BEGIN}\n\n| level |")
    assert once.endswith(f"\n{END}\nafter\n")
    assert asvs.summarized(once, [MET]) == once
    with pytest.raises(ValueError, match=r"security\.md needs the lines"):
        asvs.summarized("nothing", [MET])


def test_a_file_of_other_columns_is_refused() -> None:
    for text in ("id,level\n", "id,level,requirement,judgement,reason\nV6.2.1,1,x\n"):
        with pytest.raises(ValueError, match="has the columns id, level"):
            asvs.read(text)


def test_the_written_pages_are_those_that_tests_and_judgements_make_now() -> None:
    assert len(asvs.read(asvs.SOURCE.read_text("utf-8"))) == 203
    for path, text in asvs.pages().items():
        assert path.is_relative_to(ROOT / "docs")
        assert path.read_text("utf-8") == text, "Run: make asvs"
