"""The data directory: private, and with one secret however many processes make it at once."""

import os
import subprocess
import sys
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from entrypoints.data_directory import make_private_directory, read_or_make_secret
from entrypoints.settings import StartupError

AT_ONCE = 8

MAKE = """
import sys
from pathlib import Path
from entrypoints.data_directory import read_or_make_secret
sys.stdin.read()
print(read_or_make_secret(Path(sys.argv[1])).hex())
"""


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_secret_is_made_for_the_owner_alone_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "var" / "secret"

    secret = read_or_make_secret(path)

    assert len(secret) == 32
    assert read_or_make_secret(path) == secret
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert [child.name for child in path.parent.iterdir()] == ["secret"]


def test_each_directory_gets_a_secret_of_its_own(tmp_path: Path) -> None:
    assert read_or_make_secret(tmp_path / "a") != read_or_make_secret(tmp_path / "b")


def test_a_directory_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    directory = tmp_path / "var"
    directory.mkdir(mode=0o750)

    make_private_directory(directory)

    assert mode(directory) == 0o750


def test_threads_that_make_the_secret_at_once_get_one(tmp_path: Path) -> None:
    barrier = Barrier(AT_ONCE)

    def make(_: int) -> bytes:
        barrier.wait()
        return read_or_make_secret(tmp_path / "secret")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        secrets = set(pool.map(make, range(AT_ONCE)))

    assert secrets == {read_or_make_secret(tmp_path / "secret")}
    assert [child.name for child in tmp_path.iterdir()] == ["secret"]


def test_processes_that_make_the_secret_at_once_get_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE, str(tmp_path / "secret")]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    # Each waits for the end of its input, so that all go on together.
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    made = {process.communicate()[0].strip() for process in started}

    assert made == {read_or_make_secret(tmp_path / "secret").hex()}
    assert [child.name for child in tmp_path.iterdir()] == ["secret"]


def test_a_draft_that_a_killed_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    # In a container every start has the same process id, so the draft's name comes back.
    (tmp_path / f"secret.{os.getpid()}").write_bytes(b"")

    assert len(read_or_make_secret(tmp_path / "secret")) == 32


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"short", b"\xff\xfe", b"A" * 5, urlsafe_b64encode(bytes(31)), b"=" * 44],
)
def test_a_file_without_a_secret_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)

    with pytest.raises(StartupError) as caught:
        read_or_make_secret(path)

    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_a_directory_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StartupError, match="Set VARVEL_DATA_DIR to a directory"):
        read_or_make_secret(tmp_path / "file" / "secret")


def test_a_secret_that_cannot_be_read_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()

    with pytest.raises(StartupError, match="cannot be used"):
        read_or_make_secret(tmp_path / "secret")
