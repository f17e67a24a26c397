"""The data directory: private to its owner, and the place of a development server's secret."""

import base64
import os
import secrets
from pathlib import Path
from tempfile import mkstemp

from entrypoints.settings import StartupError
from entrypoints.settings.reader import MINIMUM_SECRET_BYTES


def make_private_directory(path: Path) -> None:
    """Makes the directory, mode 0700, if it is not there. Raises StartupError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path, error) from error


def make_private_file(path: Path) -> None:
    """Makes an empty file, mode 0600, in a private directory, unless there is one already.

    Raises StartupError.
    """
    make_private_directory(path.parent)
    try:
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise _unusable(path, error) from error


def read_or_make_secret(path: Path) -> bytes:
    """The secret in this file; made, mode 0600, if there is no file yet.

    Of several processes that make it at once, all end up with the same one. Raises StartupError
    when the directory cannot be written or the file holds no secret.
    """
    make_private_directory(path.parent)
    try:
        if not path.exists():
            _make(path)
        secret = base64.urlsafe_b64decode(path.read_text("ascii"))
    except OSError as error:
        raise _unusable(path.parent, error) from error
    except ValueError:
        secret = b""
    if len(secret) < MINIMUM_SECRET_BYTES:
        raise StartupError(
            f"The file {path} holds no secret of {MINIMUM_SECRET_BYTES} bytes. Restore it, or "
            "remove it together with the database beside it to start afresh."
        )
    return secret


def _unusable(path: Path, error: OSError) -> StartupError:
    return StartupError(
        f"{path} cannot be used: {error.strerror}. "
        "Set VARVEL_DATA_DIR to a directory that this user may write."
    )


def _make(path: Path) -> None:
    descriptor, draft = mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.urlsafe_b64encode(secrets.token_bytes(MINIMUM_SECRET_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link appears whole or not at all, and only for the first of several processes.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
