"""Registering applications: what is kept of them, and what they may not be."""

from typing import Any

import pytest

from domain.client_registration import MAXIMUM_NAME_LENGTH
from domain.clients import Client
from domain.errors import InvalidFields
from domain.secrets import digest_of
from tests.fakes.clock import START
from tests.origins import ORIGIN
from tests.unit.applications import CALLBACK, WIKI_API, Applications

ASKED: dict[str, Any] = {"name": "A wiki", "redirect_uris": [CALLBACK], "scopes": ["read"]}


def register(apps: Applications, **changes: Any) -> tuple[Client, str | None]:
    """A client as asked for."""
    given = ASKED | changes
    return apps.create(**given, origin=ORIGIN)


def faults(apps: Applications, **changes: Any) -> list[str]:
    """The fields at fault."""
    before = apps.storage.tables()
    with pytest.raises(InvalidFields) as refused:
        register(apps, **changes)
    assert apps.storage.tables() == before
    assert all(each.code == "refused" and each.detail for each in refused.value.fields)
    return [each.field for each in refused.value.fields]


def test_a_client_is_kept_as_it_was_registered_with_a_digest_in_place_of_its_secret(
    apps: Applications,
) -> None:
    client, secret = register(
        apps,
        name="  A \t wiki\n",
        redirect_uris=[CALLBACK, "http://127.0.0.1/", CALLBACK],
        scopes=["write", "read", "write"],
        audiences=[WIKI_API, "urn:example:shop", WIKI_API],
        resource="https://wiki.example/itself",
        acts_alone=True,
        is_trusted=True,
    )

    assert secret is not None
    assert apps.clients.find(client.id) == client
    assert client == Client(
        id=client.id,
        name="A wiki",
        secret_digest=digest_of(secret),
        redirect_uris=(CALLBACK, "http://127.0.0.1/"),
        scopes=("write", "read"),
        audiences=(WIKI_API, "urn:example:shop"),
        resource="https://wiki.example/itself",
        acts_alone=True,
        is_trusted=True,
        created_at=START,
    )


def test_a_client_is_by_default_confidential_asks_users_and_acts_for_them_alone(
    apps: Applications,
) -> None:
    client, secret = register(apps)

    assert client.has_secret(str(secret))
    assert (client.audiences, client.resource) == ((), None)
    assert (client.acts_alone, client.is_trusted) == (False, False)


def test_a_public_client_has_no_secret(apps: Applications) -> None:
    client, secret = register(apps, is_public=True)

    assert (client.secret_digest, secret) == (None, None)


def test_no_two_clients_have_the_same_id_or_secret(apps: Applications) -> None:
    (one, its), (other, others) = register(apps), register(apps)

    assert one.id != other.id
    assert its != others


def test_an_api_that_only_asks_about_tokens_needs_neither_scopes_nor_addresses(
    apps: Applications,
) -> None:
    client, secret = register(apps, redirect_uris=[], scopes=[], resource=WIKI_API)

    assert (client.redirect_uris, client.scopes, client.resource) == ((), (), WIKI_API)
    assert secret is not None


@pytest.mark.parametrize(
    "name", ["W", "W" * MAXIMUM_NAME_LENGTH, "José's", "\u540d", "<b>wiki</b>"]
)
def test_a_name_is_any_text_that_can_be_read(apps: Applications, name: str) -> None:
    assert register(apps, name=name)[0].name == name


@pytest.mark.parametrize(
    "name", ["", " ", "W" * (MAXIMUM_NAME_LENGTH + 1), "a\0b", "a\u202eb", "a\u200bb", "\ud800"]
)
def test_a_name_that_cannot_be_read_is_refused(apps: Applications, name: str) -> None:
    assert faults(apps, name=name) == ["name"]


@pytest.mark.parametrize(
    "uri",
    [
        *("https://wiki.example", "https://wiki.example:8443/callback?next=1&x=%20"),
        *("https://[2001:db8::1]/callback", "https://localhost/"),
        *("http://127.0.0.1", "http://127.0.0.1:8000/callback", "http://[::1]/callback"),
        *("http://localhost:8000/callback", "com.example.app:/callback", "com.example.app://x"),
    ],
)
def test_answers_may_go_by_tls_to_this_machine_and_to_its_own_programs(
    apps: Applications, uri: str
) -> None:
    assert register(apps, redirect_uris=[uri])[0].redirect_uris == (uri,)


@pytest.mark.parametrize(
    "uri",
    [
        *("", "/callback", "wiki.example/callback", "//wiki.example/callback", "https", "*"),
        *("https:", "https://", "https:///callback", "https:wiki.example", "https://:443/"),
        *("http://wiki.example/callback", "http://127.0.0.1.evil.example/", "http://127.1/"),
        *(
            "http://0.0.0.0/",
            "http:127.0.0.1",
            "http:///127.0.0.1",
            "http://localhost.evil.example",
        ),
        *(
            "https://miguel@wiki.example/",
            "https://miguel:x@wiki.example/",
            "https://@wiki.example/",
        ),
        *("http://127.0.0.1@evil.example/", "https://wiki.example\\@evil.example/"),
        *(f"{CALLBACK}#", f"{CALLBACK}#part", "https://wiki.example#@evil.example/"),
        *("https://wiki.example:65536/", "https://wiki.example:x/", "https://wiki.example:-1/"),
        *("https://[::1/", "https://[wiki.example]/", "https://[::1]x:y/"),
        *(f" {CALLBACK}", f"{CALLBACK} ", f"{CALLBACK}\n", f"{CALLBACK}\t", f"{CALLBACK}\0"),
        *("https://wiki.example/a b", "https://wiki.exa\tmple/", "java\nscript:alert(1)"),
        *(
            "https://w\u0456ki.example/",
            "https://wiki.example/\u00e9",
            "https://wiki.example/\ud800",
        ),
        *('https://wiki.example/"', "https://wiki.example/<x>", "https://wiki.example/{x}"),
        *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "app:/callback"),
        *(f"{CALLBACK}?{name}=x" for name in ("code", "state", "iss", "error", "error_uri")),
        *(f"{CALLBACK}?x=1&code", f"{CALLBACK}?c%6fde=x", "com.example.app:/callback?state="),
        *("app://com.example/", "1com.example:/callback", "-com.example:/callback"),
    ],
)
def test_answers_may_go_nowhere_else(apps: Applications, uri: str) -> None:
    assert faults(apps, redirect_uris=[CALLBACK, uri]) == ["redirect_uris"]


@pytest.mark.parametrize(
    "scope", ["a", "wiki:read", "https://wiki.example/read", "~!#[]", "x" * 64]
)
def test_a_scope_is_one_word(apps: Applications, scope: str) -> None:
    assert register(apps, scopes=[scope])[0].scopes == (scope,)


@pytest.mark.parametrize(
    "scope", ["", "a b", "a\n", "a\tb", 'a"b', "a\\b", "\u00e9", "\u0430", "\0", "x" * 65]
)
def test_what_is_no_word_is_no_scope(apps: Applications, scope: str) -> None:
    assert faults(apps, scopes=["read", scope]) == ["scopes"]


@pytest.mark.parametrize("scope", ["account", "admin"])
@pytest.mark.parametrize("is_trusted", [False, True])
def test_no_application_is_granted_what_only_a_log_in_gives(
    apps: Applications, scope: str, *, is_trusted: bool
) -> None:
    assert faults(apps, scopes=["read", scope], is_trusted=is_trusted) == ["scopes"]


def test_an_application_that_acts_for_users_or_for_itself_needs_a_scope(apps: Applications) -> None:
    assert faults(apps, scopes=[]) == ["scopes"]
    assert faults(apps, scopes=[], redirect_uris=[], acts_alone=True) == ["scopes"]


@pytest.mark.parametrize(
    "uri", ["", "wiki", "https://a b/", f"{WIKI_API}#", f"{WIKI_API}\n", "1:x"]
)
def test_an_api_is_named_by_an_absolute_uri(apps: Applications, uri: str) -> None:
    assert faults(apps, audiences=[WIKI_API, uri]) == ["audiences"]
    assert faults(apps, resource=uri) == ["resource"]


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1/", "http://[::1]/", "http://localhost:5001/", "com.example.app:/x"]
)
def test_users_are_asked_where_another_program_could_pass_for_the_client(
    apps: Applications, uri: str
) -> None:
    assert faults(apps, redirect_uris=[CALLBACK, uri], is_public=True, is_trusted=True) == [
        "is_trusted"
    ]
    assert register(apps, redirect_uris=[uri], is_trusted=True)[0].is_trusted
    assert register(apps, redirect_uris=[CALLBACK], is_public=True, is_trusted=True)[0].is_trusted


def test_a_public_client_cannot_act_for_itself(apps: Applications) -> None:
    assert faults(apps, is_public=True, acts_alone=True) == ["acts_alone"]


def test_all_faults_are_told_together(apps: Applications) -> None:
    asked: dict[str, Any] = {
        "name": "",
        "redirect_uris": ["x", "http://wiki.example/"],
        "scopes": ["admin", "a b"],
        "audiences": ["x"],
        "resource": "y",
        "is_public": True,
        "acts_alone": True,
    }

    assert faults(apps, **asked) == [
        *("name", "redirect_uris", "redirect_uris", "scopes", "scopes"),
        *("audiences", "resource", "acts_alone"),
    ]
