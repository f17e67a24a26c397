"""Settings that are durations: their bounds, and how they go together."""

from datetime import timedelta

import pytest

from entrypoints.settings import DAY, Settings
from tests.integration.variables import faults, read

WHOLE = {
    "TOKEN_LIFETIME": (1, DAY),
    "SESSION_IDLE": (1, 3650 * DAY),
    "SESSION_LIFETIME": (1, 3650 * DAY),
    "REFRESH_GRACE": (0, 300),
    "JWKS_MAX_AGE": (1, DAY),
}
FRACTIONS = {"REVOCATION_POLL": 60, "REVOCATION_BOUND": 600}


def duration(settings: Settings, name: str) -> timedelta:
    found: timedelta = getattr(settings, name.lower())
    return found


@pytest.mark.parametrize(("name", "bounds"), WHOLE.items())
def test_whole_seconds_are_taken_within_their_bounds_alone(
    name: str, bounds: tuple[int, int]
) -> None:
    least, most = bounds
    for seconds in bounds:
        assert duration(read(**{name: str(seconds)}), name) == timedelta(seconds=seconds)

    rule = f"VARVEL_{name} is a whole number from {least} to {most}."
    for text in (
        str(least - 1),
        str(most + 1),
        "1.5",
        "ten",
        "1e2",
        " 5",
        "+5",
        "\u0661",
        "9" * 99,
    ):
        assert faults(**{name: text}) == [rule]


@pytest.mark.parametrize(("name", "most"), FRACTIONS.items())
def test_fractions_of_a_second_are_refused_beyond_their_bounds(name: str, most: int) -> None:
    rule = f"VARVEL_{name} is a number of seconds from 0.01 to {most}."
    for text in (
        *("0", "0.0", "0.009", f"{most}.001", f"{most + 1}", "-1", ".5", "1.", "1,5", "1e1", "nan"),
        *("inf", "\u0661", "0.0001", "1.2345", " 1", "1_0", "9" * 99),
    ):
        assert faults(**{name: text}) == [rule]


@pytest.mark.parametrize(
    ("poll", "bound"),
    [("0.01", "0.02"), ("0.4", "0.8"), ("2.5", "5"), ("60", "120"), ("60", "600"), ("0.01", "600")],
)
def test_a_bound_of_twice_the_poll_or_more_is_taken(poll: str, bound: str) -> None:
    settings = read(REVOCATION_POLL=poll, REVOCATION_BOUND=bound)

    assert settings.revocation_poll == timedelta(seconds=float(poll))
    assert settings.revocation_bound == timedelta(seconds=float(bound))


@pytest.mark.parametrize(
    "variables",
    [
        {"REVOCATION_POLL": "0.4", "REVOCATION_BOUND": "0.799"},
        {"REVOCATION_POLL": "1", "REVOCATION_BOUND": "1"},
        # The other one is left at its default.
        {"REVOCATION_POLL": "2.501"},
        {"REVOCATION_POLL": "60"},
        {"REVOCATION_BOUND": "0.79"},
    ],
)
def test_a_bound_that_one_late_answer_would_pass_is_a_fault(variables: dict[str, str]) -> None:
    assert faults(**variables) == [
        "VARVEL_REVOCATION_BOUND is at least twice VARVEL_REVOCATION_POLL."
    ]
