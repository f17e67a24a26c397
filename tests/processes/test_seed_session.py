"""The session this project was created from, replayed word for word against `make run`."""

import json
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from email.parser import Parser
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.ports import is_free
from tests.processes.connections import TIMEOUT, Answer, send
from tests.processes.servers import Server, clean_environment

PORT = 5000
SESSION = Path(__file__).with_name("seed_session.txt").read_text()


@dataclass(frozen=True)
class Step:
    """A command, and the answer that the seed shows for it."""

    command: str
    answer: Answer


def parse_answer(text: str) -> Answer:
    """What `curl -i` prints."""
    head, _, body = text.partition("\n\n")
    status_line, _, headers = head.partition("\n")
    return Answer(
        int(status_line.split()[1]), Parser().parsestr(headers, headersonly=True), body.encode()
    )


def parse_step(text: str) -> Step:
    command, _, answer = text.partition("\n")
    return Step(command, parse_answer("\n".join(line[4:] for line in answer.splitlines())))


STEPS = [parse_step(text) for text in SESSION.split("$ ")[1:]]


def by_curl(command: str) -> Answer:
    completed = subprocess.run(
        shlex.split(command), capture_output=True, encoding="utf-8", check=True, timeout=TIMEOUT
    )
    return parse_answer(completed.stdout)


def by_http_client(command: str) -> Answer:
    """Carries out those options of curl that the session uses."""
    program, *words = shlex.split(command)
    assert program == "curl"
    method, body, auth, headers, urls = "GET", None, None, {}, []
    rest = iter(words)
    for word in rest:
        match word:
            case "-i":
                continue
            case "-X":
                method = next(rest)
            case "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            case "-d":
                body = next(rest).encode()
            case "-u":
                username, _, password = next(rest).partition(":")
                auth = username, password
            case _:
                urls.append(word)
    (url,) = urls
    address = urlsplit(url)
    connection = HTTPConnection(address.netloc, timeout=TIMEOUT)
    try:
        return send(connection, method, address.path, body=body, auth=auth, headers=headers)
    finally:
        connection.close()


# A machine without curl replays the session all the same; one that has it replays it twice.
RUNNERS = [by_http_client, *([by_curl] if shutil.which("curl") else [])]


@pytest.mark.parametrize("run", RUNNERS)
def test_the_seeds_session_gets_the_seeds_answers(
    tmp_path: Path, run: Callable[[str], Answer]
) -> None:
    with MakeRun(tmp_path):
        answers = replay(run)

    for step, answer in zip(STEPS, answers, strict=True):
        compare(answer, step.answer)
    assert [answer.status for answer in answers] == [201, 200, 401, 200, 200]


class MakeRun(Server):
    """`make run` with every setting at its default, but for the place of its data."""

    # Make passes the signal on, waits for the server, and then dies of it.
    exit_code = -signal.SIGTERM

    def __init__(self, directory: Path) -> None:
        assert is_free(PORT), (
            f"Something listens on port {PORT}, which the seed's words name; stop it for this test."
        )
        environment = {
            name: value
            for name, value in clean_environment(directory).items()
            if not name.startswith("VARVEL_") or name == "VARVEL_DATA_DIR"
        }
        super().__init__(directory, command=("make", "run"), port=PORT, environment=environment)


def replay(run: Callable[[str], Answer]) -> list[Answer]:
    """The answers to all commands, with the token just received in place of the seed's."""
    answers: list[Answer] = []
    tokens: dict[str, str] = {}
    for step in STEPS:
        command = step.command
        for old, new in tokens.items():
            command = command.replace(old, new)
        answers.append(run(command))
        if b'"token"' in step.answer.body:
            tokens[step.answer.json["token"]] = answers[-1].json["token"]
    return answers


def compare(answer: Answer, promised: Answer) -> None:
    assert answer.status == promised.status
    assert answer.headers["Location"] == promised.headers["Location"]
    challenge = promised.headers["WWW-Authenticate"]
    if challenge is not None:
        # The seed's page of HTML is problem details here; its words and its challenge stay.
        assert answer.headers["WWW-Authenticate"].startswith(challenge)
        assert answer.headers["Content-Type"] == "application/problem+json"
        return
    assert answer.headers["Content-Type"] == promised.headers["Content-Type"]
    assert without_token(answer) == without_token(promised)
    assert answer.body.endswith(b"\n")


def without_token(answer: Answer) -> dict[str, object]:
    fields: dict[str, object] = json.loads(answer.body)
    if "token" in fields:
        token = fields.pop("token")
        assert isinstance(token, str)
        assert token.startswith("eyJ")
        assert token.count(".") == 2
    return fields
