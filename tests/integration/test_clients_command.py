"""`varvel clients`: what operators do with applications, and what these see of it."""

import json
import re
from typing import Any

import pytest

from entrypoints.bootstrap import build
from tests.integration.audits import events
from tests.integration.commands import CLIENT, CLIENT_DELETION, refusal, run, said
from tests.integration.stores import SQLITE, Store

CREATED = re.compile(
    r"Created, with id (?P<id>[A-Za-z0-9_-]{22})\n"
    r"(Secret, shown this once: (?P<secret>[A-Za-z0-9_-]{43})\n)?"
)
ROTATED = re.compile(
    r"Replaced; what it was granted goes on\.\nSecret, shown this once: ([A-Za-z0-9_-]{43})\n"
)
UNKNOWN = "No client has this id; varvel clients list shows those there are."
QUESTION = "Remove this application and all that users let it do? [y/N]: "

SHOP = (
    *("Shop", "--redirect-uri", "https://shop.example/callback", "--redirect-uri"),
    *("http://127.0.0.1/callback", "--scope", "profile", "--scope", "read"),
    *("--audience", "https://api.example", "--audience", "https://files.example"),
)


def created(store: Store, *words: str) -> tuple[str, str]:
    """The id and the secret of a new application; the secret is empty for a public one."""
    match = CREATED.fullmatch(said(store.environment(), "clients", "create", *words))
    assert match
    return match["id"], match["secret"] or ""


def shown(store: Store, client_id: str) -> dict[str, Any]:
    told = said(store.environment(), "clients", "show", "--json", client_id)
    fields: dict[str, Any] = json.loads(told)
    return fields


def has_secret(store: Store, client_id: str, secret: str) -> bool:
    services, database = build(store.settings())
    try:
        return services.oauth.show_client(client_id=client_id).has_secret(secret)
    finally:
        database.dispose()


def test_a_client_is_all_that_was_said_and_its_secret_is_shown_once(store: Store) -> None:
    client_id, secret = created(store, *SHOP, "--acts-alone", "--trusted")

    fields = shown(store, client_id)
    assert fields.pop("created_at").endswith("+00:00")
    assert fields == {
        "id": client_id,
        "name": "Shop",
        "kind": "confidential",
        "redirect_uris": ["https://shop.example/callback", "http://127.0.0.1/callback"],
        "scopes": ["profile", "read"],
        "audiences": ["https://api.example", "https://files.example"],
        "resource": None,
        "acts_alone": True,
        "trusted": True,
    }
    assert has_secret(store, client_id, secret)
    assert not has_secret(store, client_id, "")
    again = "".join(
        said(store.environment(), "clients", *words)
        for words in (["list"], ["list", "--json"], ["show", client_id])
    )
    stored = [row[0] for row in store.execute("SELECT secret_digest FROM clients")]
    for planted in (secret, *stored):
        assert planted not in again + json.dumps(fields)
    assert events(store) == ["client_created"]


@pytest.mark.databases(SQLITE)
def test_a_client_is_shown_to_people_one_value_a_line(store: Store) -> None:
    client_id, _ = created(store, *SHOP, "--trusted")

    *lines, last = said(store.environment(), "clients", "show", client_id).splitlines()

    assert lines == [
        f"id             {client_id}",
        "name           Shop",
        "kind           confidential",
        "redirect uris  https://shop.example/callback",
        "redirect uris  http://127.0.0.1/callback",
        "scopes         profile",
        "scopes         read",
        "audiences      https://api.example",
        "audiences      https://files.example",
        "resource       -",
        "acts alone     no",
        "trusted        yes",
    ]
    assert re.fullmatch(r"created at     \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", last)


@pytest.mark.databases(SQLITE)
def test_programs_get_a_new_client_with_its_secret_as_one_object(store: Store) -> None:
    words = ("clients", "create", "--json")

    told = json.loads(said(store.environment(), *words, *SHOP))
    public = json.loads(said(store.environment(), *words, "Phone", "--public"))

    assert has_secret(store, told.pop("id"), told.pop("secret"))
    assert public["secret"] is None


@pytest.mark.databases(SQLITE)
def test_a_public_client_has_no_secret_and_gets_none(store: Store) -> None:
    client_id, secret = created(
        store, "Phone", "--public", "--redirect-uri", "com.example.app:/done", "--scope", "profile"
    )

    assert secret == ""
    assert shown(store, client_id)["kind"] == "public"
    assert refusal(store.environment(), "clients", "rotate-secret", client_id) == (
        "This client is a public one: it has no secret, and needs none."
    )


@pytest.mark.databases(SQLITE)
def test_an_api_of_its_own_needs_neither_addresses_nor_scopes(store: Store) -> None:
    client_id, _ = created(store, "API", "--resource", "https://api.example")

    fields = shown(store, client_id)
    assert (fields["resource"], fields["redirect_uris"], fields["scopes"]) == (
        *("https://api.example", [], []),
    )


def test_clients_are_listed_in_the_order_in_which_they_came(store: Store) -> None:
    assert said(store.environment(), "clients", "list") == ""
    shop, _ = created(store, *SHOP)
    phone, _ = created(store, "Zoë's phone", "--public")

    first, second = said(store.environment(), "clients", "list").splitlines()
    objects = said(store.environment(), "clients", "list", "--json").splitlines()

    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(rf"{shop}  {moment}  confidential  Shop", first)
    assert re.fullmatch(rf"{phone}  {moment}  public        Zoë's phone", second)
    assert [json.loads(each) for each in objects] == [shown(store, shop), shown(store, phone)]


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([""], "NAME: A name has 1 to 64 printable characters."),
        (["\x1b[2J"], "NAME: A name has 1 to 64 printable characters."),
        (["a\udcff"], "NAME: A name has 1 to 64 printable characters."),
        (
            ["a", "--scope", "x", "--redirect-uri", "http://shop.example/"],
            "--redirect-uri: Plain http is for 127.0.0.1, [::1] and localhost only.",
        ),
        (
            ["a", "--scope", "x", "--redirect-uri", "https://shop.example/#a"],
            "--redirect-uri: A redirect address is an absolute URI, without fragment or user name.",
        ),
        (["a", "--scope", "admin"], "--scope: The scope admin is never granted to applications."),
        (["a", "--scope", "a b"], "--scope: A scope is one word of at most 64 ASCII characters."),
        (
            ["a", "--audience", "api"],
            "--audience: An API is named by an absolute URI without a fragment.",
        ),
        (
            ["a", "--resource", ""],
            "--resource: An API is named by an absolute URI without a fragment.",
        ),
        (
            ["a", "--public", "--acts-alone", "--scope", "x"],
            "--acts-alone: A public client cannot act for itself: it proves nothing.",
        ),
        (
            ["a", "--public", "--trusted", "--scope", "x", "--redirect-uri", "com.example:/"],
            "--trusted: Users of a public client are asked, unless all its addresses are https.",
        ),
    ],
)
def test_what_is_refused_is_named_as_it_was_given_and_leaves_no_client(
    store: Store, words: list[str], told: str
) -> None:
    assert refusal(store.environment(), "clients", "create", *words) == told
    assert said(store.environment(), "clients", "list") == ""


@pytest.mark.databases(SQLITE)
def test_every_fault_is_told_once_in_a_line_of_its_own(store: Store) -> None:
    result = run(
        *(store.environment(), "clients", "create", "", "--redirect-uri", "x", "--redirect-uri", "")
    )

    assert (result.exit_code, result.stdout) == (1, "")
    address = "A redirect address is an absolute URI, without fragment or user name."
    assert result.stderr.splitlines() == [
        "Error: NAME: A name has 1 to 64 printable characters.",
        f"       --redirect-uri: {address}",
        "       --scope: Name what the application may ask for: at least one scope.",
    ]


@pytest.mark.parametrize("option", ["--secret", "--publik"])
def test_an_option_that_is_not_there_is_a_mistake_in_writing(option: str) -> None:
    result = run({}, "clients", "create", "Shop", option)

    assert result.exit_code == 2
    assert f"No such option '{option}'" in result.stderr


def test_a_secret_that_is_replaced_is_refused_at_once(store: Store) -> None:
    client_id, old = created(store, *SHOP)

    match = ROTATED.fullmatch(said(store.environment(), "clients", "rotate-secret", client_id))

    assert match
    assert has_secret(store, client_id, match[1])
    assert not has_secret(store, client_id, old)
    assert events(store) == ["client_created", "client_secret_rotated"]


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_deleting_asks_and_leaves_everything_unless_told_yes(store: Store, answer: str) -> None:
    client_id, _ = created(store, *SHOP)

    result = run(store.environment(), "clients", "delete", client_id, typed=answer)

    assert result.exit_code == 1
    assert result.stdout.startswith(QUESTION)
    assert result.stderr == "Aborted!\n"
    assert shown(store, client_id)["name"] == "Shop"


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("words", CLIENT, ids=lambda words: words[1])
def test_an_id_that_no_client_has_is_refused_also_one_that_begins_with_a_hyphen(
    store: Store, words: list[str]
) -> None:
    # As one id in 32 does.
    for client_id in ("nobody", "", "x" * 300, "-nobody", "--nobody", "a\udcff"):
        assert refusal(store.environment(), *words[:-1], client_id) == UNKNOWN


@pytest.mark.databases(SQLITE)
def test_a_client_whose_id_begins_with_a_hyphen_is_named_like_any_other(store: Store) -> None:
    created(store, *SHOP)
    store.execute("UPDATE clients SET id = '-y-s_yes'")

    assert shown(store, "-y-s_yes")["id"] == "-y-s_yes"
    said(store.environment(), "clients", "rotate-secret", "-y-s_yes")
    said(store.environment(), *CLIENT_DELETION[:-1], "-y-s_yes")


@pytest.mark.parametrize("words", CLIENT, ids=lambda words: words[1])
def test_no_id_at_all_is_a_mistake_in_writing(words: list[str]) -> None:
    result = run({}, *words[:-1])

    assert result.exit_code == 2
    assert "Missing argument 'ID'" in result.stderr
