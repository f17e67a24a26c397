"""How mutants are judged, and whether what is said of survivors is about code that is there."""

import inspect
from pkgutil import resolve_name

import pytest
from scripts.mutants import LISTED, Change, Mutant, counted, problems, read_listed

CHANGES = [Change("domain.users.f", f"old {each}", f"new {each}") for each in range(1_000)]
SURVIVORS = read_listed(LISTED.read_text("utf-8"))


def mutants(survived: int, *, other: str = "survived") -> list[Mutant]:
    """A thousand, the first so many of them not killed."""
    return [
        Mutant(change, other if number < survived else "killed")
        for number, change in enumerate(CHANGES)
    ]


def test_survivors_that_have_a_reason_are_good_enough_up_to_a_tenth() -> None:
    listed = dict.fromkeys(CHANGES[:100], "It does not matter.")

    assert not problems(mutants(100), listed)
    assert counted(mutants(100)) == (
        "mutants: asked 1,000, killed 900, survived 100, timed out 0: 90.0%"
    )


def test_more_than_a_tenth_is_too_much_whatever_the_reasons() -> None:
    listed = dict.fromkeys(CHANGES[:101], "It does not matter.")

    assert problems(mutants(101), listed) == ["Fewer than 90% were killed."]


@pytest.mark.parametrize(
    ("survived", "listed", "problem"),
    [
        (1, {}, "No test notices: domain.users.f"),
        (0, {CHANGES[0]: "It does not matter."}, "Listed, but noticed by now or gone"),
        (1, {CHANGES[0]: ""}, "Listed without a reason"),
    ],
)
def test_survivors_and_the_list_have_to_agree_and_the_reasons_to_be_given(
    survived: int, listed: dict[Change, str], problem: str
) -> None:
    (found,) = problems(mutants(survived), listed)

    assert found.startswith(problem)
    assert "old: old 0" in found


@pytest.mark.parametrize("outcome", ["segfault", "suspicious", "not checked"])
def test_a_mutant_that_was_not_judged_is_a_problem(outcome: str) -> None:
    (found,) = problems(mutants(1, other=outcome), {})

    assert found.startswith(f"{outcome}, so not judged")


def test_a_run_that_passes_whole_classes_over_is_a_problem() -> None:
    (found,) = problems(mutants(0)[:-1], {})

    assert "Only 999 mutants" in found


@pytest.mark.parametrize("change", SURVIVORS, ids=lambda change: f"{change.where}: {change.new}")
def test_every_survivor_has_a_reason_and_its_line_is_there_still(change: Change) -> None:
    module, _, function = change.where.removeprefix("domain.").partition(".")
    source = inspect.getsource(resolve_name(f"domain.{module}:{function}"))

    assert change.old in " ".join(source.split()), "Take it from the list, or mend its line."
    assert SURVIVORS[change]
