"""`varvel audit`: what operators see of the trail, and how they learn that it is not whole."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from falcon.testing import TestClient

from adapters.clock import SystemClock
from domain.audit import Event
from entrypoints.bootstrap import build
from tests.fakes.clock import FakeClock
from tests.integration.audits import TAMPERINGS, events, listed, seal, trim
from tests.integration.calls import log_in, register
from tests.integration.clients import standing
from tests.integration.commands import run, said
from tests.integration.stores import SQLITE, Store

ALL = ["user_registered", "logged_in", "password_refused", "user_disabled", "password_refused"]
"""What comes of `lived`, in this order."""


@pytest.fixture
def lived(store: Store) -> Iterator[TestClient]:
    """An API where miguel has logged in once, and somebody has guessed at two names."""
    with standing(store.settings(), SystemClock()) as api:
        register(api)
        log_in(api, extras={"client": ("192.0.2.7", 1)})
        log_in(api, password="plantedwrong")
        said(store.environment(), "users", "disable", "miguel")
        log_in(api, "nobody", "plantedwrong")
        yield api


def show(store: Store, *words: str) -> str:
    return said(store.environment(), "audit", "list", *words)


def test_the_youngest_come_first_a_line_each(lived: TestClient, store: Store) -> None:
    lines = show(store).splitlines()

    assert [line.split()[3] for line in lines] == ALL[::-1]
    moments = [datetime.fromisoformat(line[8:27]).replace(tzinfo=UTC) for line in lines]
    assert moments == sorted(moments, reverse=True)
    assert timedelta(0) <= datetime.now(UTC) - moments[-1] < timedelta(hours=1)
    assert [line[29:] for line in lines[1:]] == [
        "user_disabled         success  user:1  by operator  from -  sessions=1",
        "password_refused      failure  user:1  by unknown  from -",
        "logged_in             success  user:1  by user:1  from 192.0.2.7",
        "user_registered       success  user:1  by user:1  from -",
    ]
    assert "planted" not in "".join(lines)


def test_as_json_each_line_has_all_that_is_known(lived: TestClient, store: Store) -> None:
    seal(store)

    entries = [json.loads(line) for line in show(store, "--json").splitlines()]

    assert [each["event"] for each in entries] == ALL[::-1]
    assert [each["sequence"] for each in entries] == [5, 4, 3, 2, 1]
    for each in entries:
        assert each.keys() == {
            *("id", "at", "event", "outcome", "subject", "actor", "session_id", "address"),
            *("request_id", "detail", "seal", "sequence", "link"),
        }
        assert datetime.fromisoformat(each["at"]).utcoffset() == timedelta(0)


def test_the_entries_of_a_user_are_had_by_any_spelling_of_the_name(
    lived: TestClient, store: Store
) -> None:
    for name in ("miguel", "MIGUEL"):
        assert events(store, "--user", name) == ALL[:4]


def test_what_was_tried_at_a_name_that_nobody_has_is_had_by_the_name(
    lived: TestClient, store: Store
) -> None:
    for name in ("nobody", "NoBody"):
        assert events(store, "--user", name) == ["password_refused"]
    assert events(store, "--user", "somebody") == []


def test_the_entries_of_a_removed_user_are_had_by_their_subject(
    lived: TestClient, store: Store
) -> None:
    said(store.environment(), "users", "delete", "--yes", "miguel")

    assert events(store, "--user", "miguel") == []
    assert events(store, "--subject", "user:1") == [*ALL[:4], "user_removed"]


def test_filters_narrow_what_is_shown_all_at_once(lived: TestClient, store: Store) -> None:
    assert events(store, "--event", "logged_in") == ["logged_in"]
    assert events(store, "--outcome", "failure") == ["password_refused"] * 2
    assert events(store, "--outcome", "success", "--user", "miguel") == [*ALL[:2], ALL[3]]
    assert events(store, "--event", "key_rotated") == []
    assert events(store, "--limit", "2") == ALL[-2:]
    assert events(store, "--limit", "1", "--outcome", "success") == ["user_disabled"]


def test_since_and_until_bound_what_is_shown(lived: TestClient, store: Store) -> None:
    moments = [entry["at"] for entry in listed(store)]

    # From the one on, before the other.
    assert events(store, "--since", moments[1], "--until", moments[3]) == ALL[1:3]
    assert events(store, "--since", moments[1].replace(" ", "T")) == ALL[1:]
    assert events(store, "--until", moments[1].removesuffix("+00:00")) == ALL[:1]
    east = datetime.fromisoformat(moments[2]).astimezone().isoformat()
    assert events(store, "--until", east) == ALL[:2]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert events(store, "--since", tomorrow) == []
    assert events(store, "--until", tomorrow) == ALL
    for earliest in ("0001-01-01", "0001-01-01T00:00:00-10:00"):
        assert events(store, "--since", earliest) == ALL


@pytest.mark.databases(SQLITE)
def test_without_events_nothing_is_shown(store: Store) -> None:
    assert show(store) == show(store, "--json") == ""


MISTAKES = {
    "no event": ["list", "--event", "surfed"],
    "no outcome": ["list", "--outcome", "maybe"],
    "none at all": ["list", "--limit", "0"],
    "fewer than none": ["list", "--limit", "-1"],
    "too many": ["list", "--limit", "10001"],
    "no number": ["list", "--limit", "many"],
    "no moment": ["list", "--since", "yesterday"],
    "no day": ["list", "--until", "2026-02-30"],
    "before all time": ["list", "--since", "0001-01-01T00:00:00+10:00"],
    "after all time": ["list", "--until", "9999-12-31T23:59:59-10:00"],
    "two subjects": ["list", "--user", "miguel", "--subject", "user:1"],
    "no name": ["list", "--user"],
    "an argument": ["list", "miguel"],
    "an option": ["list", "--all"],
    "no link": ["verify", "--head", ""],
    "an argument to verify": ["verify", "link"],
}


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("words", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_writing_is_told_in_a_sentence(store: Store, words: list[str]) -> None:
    result = run(store.environment(), "audit", *words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert isinstance(result.exception, SystemExit)
    *_, last = result.stderr.splitlines()
    assert last.startswith("Error: ")
    assert last.endswith((".", ")"))


@pytest.mark.databases(SQLITE)
def test_every_event_can_be_asked_for(store: Store) -> None:
    for event in Event:
        assert show(store, "--event", event.value) == ""


def verify(store: Store, *words: str, code: int) -> list[str]:
    """The lines that `varvel audit verify` says when it leaves with this code."""
    result = run(store.environment(), "audit", "verify", *words)
    assert (result.exit_code, result.stderr) == (code, ""), result.output
    return result.stdout.splitlines()


def test_a_whole_trail_is_said_to_be_so(lived: TestClient, store: Store) -> None:
    first = seal(store)
    log_in(lived, "nobody", "plantedwrong")
    last = seal(store)

    checked = f"Checked: 6. Head: 6 {last.link}"
    assert verify(store, code=0) == [checked]
    for link in (first.link, last.link):
        assert verify(store, "--head", link, code=0) == [checked]


@pytest.mark.databases(SQLITE)
def test_an_empty_trail_is_whole(store: Store) -> None:
    assert verify(store, code=0) == ["Checked: 0. Head: 0"]


def test_what_is_not_sealed_yet_is_named_and_is_no_fault(lived: TestClient, store: Store) -> None:
    head = seal(store)
    for name in ("nobody", "somebody"):
        log_in(lived, name, "plantedwrong")
    unsealed = [entry["id"] for entry in listed(store)[-2:]]

    assert verify(store, "--head", head.link, code=0) == [
        *(f"not sealed yet: {each}" for each in unsealed),
        f"Checked: 5. Head: {head}",
    ]


HINT = "If VARVEL_SECRET was changed, put the older ones back after the newest."


@pytest.mark.parametrize(("statement", "fault"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_what_was_done_to_the_trail_behind_its_back_is_told(
    lived: TestClient, store: Store, statement: str, fault: str
) -> None:
    seal(store)
    chain = store.execute("SELECT * FROM audit_chain")
    store.execute(statement)

    *lines, checked, hint = verify(store, code=1)

    assert all(line.startswith(("fault: ", "not sealed yet: ")) for line in lines)
    assert any(fault in line for line in lines)
    assert checked.startswith("Checked: ")
    assert hint == HINT
    if statement.startswith("DELETE FROM audit_chain"):
        ((*values,),) = chain
        names = {f"v{number}": value for number, value in enumerate(values)}
        places = ", ".join(f":{name}" for name in names)
        store.execute(f"INSERT INTO audit_chain VALUES ({places})", **names)


def test_a_trail_that_was_emptied_is_told_by_a_link_from_the_log(
    lived: TestClient, store: Store
) -> None:
    known = seal(store).link
    store.execute("DELETE FROM audit_entries")
    store.execute("UPDATE audit_chain SET sequence = 0, link = '', seal = ''")

    assert len(verify(store, code=0)) == 1
    fault, *_ = verify(store, "--head", known, code=1)
    assert fault.startswith("fault: The head that was given is not in the chain")


def test_a_link_that_begins_like_an_option_is_a_link(lived: TestClient, store: Store) -> None:
    seal(store)

    fault, *_ = verify(store, "--head", "-" * 43, code=1)

    assert fault.startswith("fault: The head that was given")


def test_a_process_whose_clock_is_ahead_trims_nothing(lived: TestClient, store: Store) -> None:
    seal(store)
    services, database = build(
        store.settings(), clock=FakeClock(datetime.now(UTC) + timedelta(days=400))
    )

    assert services.trim_audit_trail() == 0
    assert services.trim_audit_trail.clock == database
    database.dispose()


def test_a_trimmed_trail_is_whole_and_its_checkpoint_is_under_a_seal(
    lived: TestClient, store: Store
) -> None:
    known = seal(store)
    later = FakeClock(datetime.now(UTC) + timedelta(days=400))

    assert trim(store, later) == 5
    assert trim(store, later) == 0
    head = seal(store, later)

    assert events(store) == ["audit_trimmed"]
    for link in (known.link, head.link):
        assert verify(store, "--head", link, code=0) == [f"Checked: 1. Head: {head}"]
    store.execute("UPDATE audit_chain SET checkpoint_sequence = 4")
    assert "fault: The checkpoint at 4 does not fit its seal." in verify(store, code=1)


def test_entries_sealed_with_an_older_secret_are_whole_as_long_as_that_is_there(
    lived: TestClient, store: Store
) -> None:
    seal(store)
    newer, older = "n" * 43, store.secret()

    for secrets, code in ((f"{newer},{older}", 0), (newer, 1)):
        result = run(store.environment(SECRET=secrets), "audit", "verify")
        assert result.exit_code == code
    assert result.stdout.splitlines()[-1] == HINT
