"""What single settings can be, and what is a fault in them."""

from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from tests.integration.variables import SECRET, faults, read

OTHER = urlsafe_b64encode(bytes(range(64, 0, -1))).decode().rstrip("=")


@pytest.mark.parametrize("text", ["0", "-1", "257", "two", "1.0", "1e1", "\u0661", "+1", "9" * 99])
def test_a_count_is_a_whole_number_within_its_bounds(text: str) -> None:
    assert faults(WORKERS=text) == ["VARVEL_WORKERS is a whole number from 1 to 256."]


@pytest.mark.parametrize(
    "text",
    [
        *("5000", ":5000", "localhost", "localhost:", "localhost:65536", "::1:5000", "[::1]"),
        *(
            "a b:1",
            "http://localhost:5000",
            "localhost:5000/",
            "localhost:\u0661",
            "[g]:1",
            "a_b:1",
        ),
    ],
)
def test_what_is_no_address_with_a_port_is_a_fault(text: str) -> None:
    assert len(faults(BIND=text)) == 1
    assert len(faults(METRICS_BIND=text)) == 1


@pytest.mark.parametrize("text", ["127.0.0.1:8000", "0.0.0.0:8000", "[::1]:8000"])
def test_metrics_are_not_served_on_the_port_of_the_api(text: str) -> None:
    assert faults(BIND="127.0.0.1:8000", METRICS_BIND=text) == [
        "VARVEL_METRICS_BIND has another port than VARVEL_BIND."
    ]


@pytest.mark.parametrize("text", ["/srv/what?", "/srv/a%20b", "/srv/#1"])
def test_a_data_directory_that_an_address_could_not_name_is_a_fault(text: str) -> None:
    assert faults(DATA_DIR=text) == [
        "VARVEL_DATA_DIR is a directory without %, ? and # in its name."
    ]


@pytest.mark.parametrize("text", ["localhost:0", "0.0.0.0:65535", "[::]:80", "id.example.com:443"])
def test_an_address_with_a_port_is_taken(text: str) -> None:
    assert read(BIND=text).bind == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "example.com",
            "//example.com",
            "ftp://example.com",
            "https://",
            "https:///x",
            "https://:1",
        ),
        *("https://a b", "https://user@example.com", "https://u:p@example.com", "https://a?b"),
        *("https://a#b", "https://a:99999", "https://a:b", "https://[::1", "https://a\n", "x"),
        *(
            'https://a"',
            "https://a\\b",
            "https://\u00e9.example",
            "javascript:alert(1)",
            "https://a:0",
        ),
    ],
)
def test_what_is_no_plain_address_is_a_fault(text: str) -> None:
    assert len(faults(PUBLIC_URL=text)) == 1
    assert len(faults(TRACES_ENDPOINT=text)) == 1


@pytest.mark.parametrize(
    "text", ["https://id.example.com", "http://localhost:5000", "https://a/auth", "http://[::1]:1"]
)
def test_a_plain_address_is_taken_without_its_last_slash(text: str) -> None:
    assert read(PUBLIC_URL=text).public_url == text
    assert read(PUBLIC_URL=text + "/").public_url == text


def test_secrets_are_a_list_with_the_newest_first() -> None:
    assert read(SECRET=SECRET).secrets == (bytes(range(32)),)
    assert read(SECRET=f"{OTHER},{SECRET}").secrets == (bytes(range(64, 0, -1)), bytes(range(32)))
    assert read(SECRET=f" {OTHER} , {SECRET} ").secrets == read(SECRET=f"{OTHER},{SECRET}").secrets


def test_a_secret_may_be_padded() -> None:
    assert read(SECRET=SECRET + "=").secrets == (bytes(range(32)),)


@pytest.mark.asvs("V11.2.3")
@pytest.mark.parametrize(
    "text",
    [
        *("x", "A" * 42, "A" * 41, "A" * 45, "A" * 42 + "!", "A" * 20 + " " * 23),
        *(f"{SECRET},", f",{SECRET}", f"{SECRET},short", f"{SECRET};{SECRET}", "=" * 44, ","),
        *("\u00e9" * 43, "A" * 20 + "\n" + "A" * 23, SECRET[:-1]),
    ],
)
def test_what_is_no_secret_of_32_bytes_is_a_fault(text: str) -> None:
    (line,) = faults(SECRET=text)

    assert line.startswith("VARVEL_SECRET is base64url of at least 32 random bytes")


@pytest.mark.parametrize(
    "text",
    [
        *("oracle://x/y", "postgresql:/x", "postgres://h/d", "sqlite://", "sqlite:///", "x"),
        *("mysql://h/d", "postgresql+asyncpg://h/d", "sqlite+aiosqlite:///x", "/srv/x.sqlite"),
        # Escapes and options would name another file than the one that is kept private.
        *("sqlite:////srv/x%41.sqlite", "sqlite:///x.sqlite?uri=true&mode=ro", "sqlite:///x#y"),
    ],
)
def test_a_database_of_an_unknown_kind_is_a_fault(text: str) -> None:
    assert len(faults(DATABASE_URL=text)) == 1


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////srv/x.sqlite", Path("/srv/x.sqlite")),
        ("sqlite:///x.sqlite", Path("x.sqlite")),
        ("postgresql://varvel@db/varvel", None),
        ("postgresql:///varvel?host=/run/postgresql", None),
        ("postgresql+psycopg://db/varvel", None),
    ],
)
def test_only_an_embedded_database_has_a_file(url: str, file: Path | None) -> None:
    assert read(DATABASE_URL=url).database_file == file


@pytest.mark.parametrize(
    "text",
    [
        *("everybody", "*", "10.0.0.0/33", "10.0.0.1/8", "10.0.0", "10.0.0.0/8;10.1.0.0/16"),
        *("localhost", "::1/129", "[::1]", "10.0.0.0/-1", "\u0661.0.0.0", "10.0.0.0/8 10.1.0.0/16"),
    ],
)
def test_what_is_no_list_of_networks_is_a_fault(text: str) -> None:
    assert faults(TRUSTED_PROXIES=text) == [
        "VARVEL_TRUSTED_PROXIES is a list of networks like 10.0.0.0/8, fd00::/8."
    ]


@pytest.mark.parametrize("text", [" ", "x" * 61, "a\nb", "a\u202eb", "\x7f"])
def test_a_brand_has_a_name_that_can_be_shown(text: str) -> None:
    assert faults(BRAND_NAME=text) == ["VARVEL_BRAND_NAME is a text of 1 to 60 characters."]


@pytest.mark.parametrize(
    "text",
    [
        *("http://example.com/logo.svg", "//example.com/logo.svg", "/logo.svg", "logo.svg"),
        *("https://example.com", "https:///logo.svg", "https://a b/", "https://u@example.com/a"),
        *('https://example.com/"onerror=', "https://example.com/a'b", "https://example.com/<"),
        *("https://example.com/a b", "https://[::1]/a", "https://example.com/a\n", "javascript:x"),
        *("data:text/html;base64,PHN2Zy8+", "data:image/svg+xml,<svg/>", "data:image/png;base64,"),
    ],
)
def test_a_logo_is_an_image_that_comes_safely(text: str) -> None:
    (fault,) = faults(BRAND_LOGO=text)

    assert fault.startswith("VARVEL_BRAND_LOGO is an address like https://")


@pytest.mark.parametrize(
    "text",
    ["https://example.com/", "https://a.example:8443/a;b,c.png?d=e", "data:image/png;base64,AA=="],
)
def test_a_logo_is_taken_as_it_stands(text: str) -> None:
    assert read(BRAND_LOGO=text).brand_logo == text


@pytest.mark.parametrize(
    "text",
    [
        "red",
        "#fff",
        "#12345g",
        "123456",
        "#1234567",
        "#12345\n",
        "#\u0661\u0661\u0661\u0661\u0661\u0661",
    ],
)
def test_a_colour_is_written_in_six_digits(text: str) -> None:
    assert faults(BRAND_COLOUR=text) == ["VARVEL_BRAND_COLOUR is a colour like #1f5f78."]


def test_a_colour_is_taken_in_either_case() -> None:
    assert read(BRAND_COLOUR="#FFCC00").brand_colour == "#ffcc00"
