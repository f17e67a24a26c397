"""docs/operating.md: its settings are the program's, and its commands can be run as they stand."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from entrypoints.cli import main
from entrypoints.settings import Settings, StartupError
from tests.integration.calls import register
from tests.integration.commands import said
from tests.integration.stores import Store
from tests.processes.servers import random_secret

OPERATING = (Path(__file__).parents[2] / "docs/operating.md").read_text("utf-8")
ROWS = re.findall(r"^\| `(VARVEL_\w+)`[ *]* \| (.*?) \| (.*?) \|", OPERATING, re.MULTILINE)
"""Name, default and values of each setting."""

REQUIRED = re.findall(r"^\| `(VARVEL_\w+)` \* \|", OPERATING, re.MULTILINE)
NUMBERS = [
    (name, *limits.split(" to ")) for name, _, limits in ROWS if re.fullmatch(r"\S+ to \S+", limits)
]
CHOICES = [
    (name, re.findall("`([^`]+)`", values))
    for name, _, values in ROWS
    if re.fullmatch(r"(`\w+` ?)+", values)
]


class Asked(dict[str, str]):
    """An environment that notes what is looked for in it."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def get(self, name: str, default: Any = None) -> Any:
        self.names.append(name)
        return default


def is_refused(name: str, value: str) -> bool:
    """Whether the value itself is, however it goes with others."""
    try:
        Settings.read({name: value})
    except StartupError as error:
        return any(re.match(f"{name} is (a|one|yes) ", line) for line in str(error).splitlines())
    return False


def test_every_setting_is_documented_once() -> None:
    asked = Asked()
    Settings.read(asked)

    assert sorted(name for name, _, _ in ROWS) == sorted(set(asked.names))


def test_the_documented_defaults_are_those_of_the_program() -> None:
    defaults = {
        name: default.strip("`") for name, default, _ in ROWS if re.fullmatch("`.*`", default)
    }

    assert len(defaults) > len(NUMBERS)
    assert Settings.read(defaults) == Settings.read({})


def test_the_settings_marked_as_required_are_those_that_production_does_not_start_without() -> None:
    with pytest.raises(StartupError) as caught:
        Settings.read({"VARVEL_PROFILE": "production"})

    missing = [line.split()[0] for line in str(caught.value).splitlines()]
    assert sorted(missing) == sorted(REQUIRED)


@pytest.mark.parametrize(("name", "least", "most"), NUMBERS)
def test_a_number_is_taken_within_its_documented_limits_alone(
    name: str, least: str, most: str
) -> None:
    step = 0.001 if "." in least else 1

    assert not is_refused(name, least)
    assert not is_refused(name, most)
    assert is_refused(name, f"{float(least) - step:g}")
    assert is_refused(name, str(int(most) + 1))


@pytest.mark.parametrize(("name", "words"), CHOICES)
def test_each_documented_word_is_taken_and_no_other(name: str, words: Sequence[str]) -> None:
    assert is_refused(name, "other")
    for word in words:
        assert not is_refused(name, word)


def shown() -> Iterator[str]:
    """The lines of `varvel` in the page's blocks, and those that its sentences name."""
    for block in re.findall(r"```console\n(.*?)```", OPERATING, re.DOTALL):
        yield from re.findall(r"^\$ ((?:VARVEL_\w+=\S+ )*varvel .*)$", block, re.MULTILINE)
    without_blocks = re.sub(r"```.*?```", "", OPERATING, flags=re.DOTALL)
    yield from (
        # In a sentence the name of a command is enough.
        each + " …"
        for each in re.findall(r"`((?:VARVEL_\w+=\S+ )*varvel [a-z][^`]*)`", without_blocks)
    )


SHOWN = list(dict.fromkeys(shown()))


def words_of(line: str) -> list[str]:
    return [word for word in shlex.split(line, comments=True) if not word.startswith("VARVEL_")][1:]


def parse(command: click.Command, words: list[str], *, in_part: bool) -> None:
    """Raises click.UsageError unless the command takes these words, as far as they go."""
    with command.make_context(command.name, [], resilient_parsing=True) as context:
        if isinstance(command, click.Group):
            assert words, f"varvel {command.name} says what it takes."
            _, found, rest = command.resolve_command(context, words)
            assert found is not None
            parse(found, rest, in_part=in_part)
            return
        # Some commands take an unknown option for an argument.
        context.ignore_unknown_options = any(re.match("-[^-]", word) for word in words)
        taken, left, _ = command.make_parser(context).parse_args(words)
        assert not left, f"{command.name} takes no {left}."
        for parameter in command.params:
            value = taken.get(parameter.name)
            is_given = isinstance(value, str)
            if isinstance(parameter, click.Argument) and parameter.required and not in_part:
                assert is_given, f"{command.name} needs {parameter.name}."
            if is_given and not isinstance(parameter.type, click.Path):
                parameter.type.convert(value, parameter, context)


@pytest.mark.parametrize("line", SHOWN)
def test_every_command_that_is_shown_is_one(line: str) -> None:
    words = words_of(line)
    in_part = words[-1] == "…"

    parse(main, words[:-1] if in_part else words, in_part=in_part)


def test_the_commands_are_found() -> None:
    names = {" ".join(words_of(line)[:1]) for line in SHOWN}

    assert names >= set(main.commands)


def steps(heading: str) -> list[str]:
    """The commands of an incident, in their order."""
    section = re.split("^#", OPERATING.split(f"### {heading}\n")[1], flags=re.MULTILINE)[0]
    (block,) = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    lines: list[str] = re.findall(r"^\$ (.*)$", block, re.MULTILINE)
    return lines


def take(store: Store, heading: str, **secrets: str) -> str:
    """Runs the commands that the page gives for an incident; `KID` is each key's in turn.

    Fails unless each of them says that all went well; gives what they say.
    """
    output = []
    for line in steps(heading):
        environment = store.environment()
        for choice in re.findall(r"VARVEL_SECRET=(\S+)", line):
            environment["VARVEL_SECRET"] = ",".join(secrets[word] for word in choice.split(","))
        words = words_of(line)
        kids = [each.split()[0] for each in said(environment, "keys", "list").splitlines()]
        output += [
            said(environment, *(kid if word == "KID" else word for word in words))
            for kid in (kids if "KID" in words else [""])
        ]
    return "".join(output)


@pytest.fixture
def running(store: Store) -> TestClient:
    """The API, with susan registered."""
    api = TestClient(create_app(store.settings()))
    register(api, username="susan")
    return api


def log_in(api: TestClient, password: str = "python") -> dict[str, Any]:
    body = {"username": "susan", "password": password}
    answer = api.simulate_post("/api/sessions", json=body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def opened(api: TestClient, session: dict[str, Any], path: str = "/api/resource") -> int:
    """The status with which a token of this session is answered."""
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    return int(api.simulate_get(path, headers=headers).status_code)


def renewed(api: TestClient, session: dict[str, Any]) -> int:
    body = {"refresh_token": session["refresh_token"]}
    return int(api.simulate_post("/api/token", json=body).status_code)


def test_a_stolen_key_opens_nothing_any_more_and_sessions_go_on(
    store: Store, running: TestClient
) -> None:
    before = log_in(running)

    take(store, "A stolen signing key")

    api = TestClient(create_app(store.settings()))
    assert (opened(api, before), renewed(api, before)) == (401, 200)


def test_a_stolen_secret_opens_nothing_any_more_and_everybody_logs_in_again(
    store: Store, running: TestClient
) -> None:
    before, new = log_in(running), random_secret()

    take(store, "A stolen secret", old=store.secret(), new=new)

    api = TestClient(create_app(store.settings(SECRET=new)))
    assert (opened(api, before), renewed(api, before)) == (401, 401)
    assert opened(api, log_in(api)) == 200


def test_a_stolen_token_opens_nothing_any_more_and_its_owner_logs_in_again(
    store: Store, running: TestClient
) -> None:
    before = log_in(running)

    take(store, "A stolen token")

    api = TestClient(create_app(store.settings()))
    assert (opened(api, before), renewed(api, before)) == (401, 401)
    assert opened(api, log_in(api)) == 200


def test_a_locked_out_owner_gets_in_with_a_new_password_and_may_all_again(
    store: Store, running: TestClient
) -> None:
    said(store.environment(), "users", "disable", "susan")

    told = take(store, "A locked-out owner")

    (password,) = re.findall("shown this once: (.+)", told)
    api = TestClient(create_app(store.settings()))
    assert opened(api, log_in(api, password), "/api/admin/users") == 200
