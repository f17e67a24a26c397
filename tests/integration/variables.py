"""Settings read from variables, which are named without VARVEL_."""

from base64 import urlsafe_b64encode

import pytest

from entrypoints.settings import Settings, StartupError

SECRET = urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")


def read(**variables: str) -> Settings:
    return Settings.read({f"VARVEL_{name}": value for name, value in variables.items()})


def faults(**variables: str) -> list[str]:
    with pytest.raises(StartupError) as caught:
        read(**variables)
    return str(caught.value).splitlines()
