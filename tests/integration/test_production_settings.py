"""Settings of the production profile: none of what matters is left to a default."""

import pytest

from entrypoints.settings import Profile, Settings, StartupError
from tests.integration.variables import SECRET, faults

PRODUCTION = {
    "VARVEL_PROFILE": "production",
    "VARVEL_SECRET": SECRET,
    "VARVEL_PUBLIC_URL": "https://id.example.com",
    "VARVEL_DATABASE_URL": "postgresql://varvel@localhost/varvel",
}


@pytest.mark.asvs("V13.2.3")
def test_production_needs_a_secret_a_public_url_and_a_database() -> None:
    lines = faults(PROFILE="production")

    assert [line.split(" must be set in the production profile")[0] for line in lines] == [
        "VARVEL_SECRET",
        "VARVEL_PUBLIC_URL",
        "VARVEL_DATABASE_URL",
    ]


def test_production_starts_with_all_three() -> None:
    settings = Settings.read(PRODUCTION)

    assert settings.profile is Profile.PRODUCTION
    assert settings.issuer == "https://id.example.com"


def test_production_reports_a_bad_secret_once() -> None:
    with pytest.raises(StartupError) as caught:
        Settings.read(PRODUCTION | {"VARVEL_SECRET": "short"})

    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("directory", ["./var", "/srv/varvel"])
def test_production_does_not_take_the_default_database_for_a_chosen_one(directory: str) -> None:
    default = Settings.read({"VARVEL_DATA_DIR": directory}).database_url

    with pytest.raises(StartupError, match="VARVEL_DATABASE_URL must be set"):
        Settings.read(PRODUCTION | {"VARVEL_DATA_DIR": directory, "VARVEL_DATABASE_URL": default})
