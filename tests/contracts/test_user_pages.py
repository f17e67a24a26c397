"""What every repository of users promises to whoever goes through all of them."""

from collections.abc import Sequence

import pytest

from domain.users import User
from tests.contracts.conftest import Stores
from tests.fakes.clock import START


def add(stores: Stores, *names: str) -> list[User]:
    return [
        stores.users.add(name=name, canonical_name=name, password_hash="hash", created_at=START)
        for name in names
    ]


def names(page: Sequence[User]) -> list[str]:
    return [user.canonical_name for user in page]


def test_pages_follow_each_other_by_ids_and_hold_everybody_once(stores: Stores) -> None:
    everybody = add(stores, "zoe", "miguel", "susan", "adam", "eve")

    pages, after = [], 0
    while page := stores.users.page(after=after, limit=2):
        pages.append(list(page))
        after = page[-1].id

    assert pages == [everybody[:2], everybody[2:4], everybody[4:]]


def test_a_storage_with_nobody_in_it_has_an_empty_page(stores: Stores) -> None:
    assert list(stores.users.page(limit=10)) == []


def test_a_page_ends_where_its_last_user_was_even_when_that_one_is_gone(stores: Stores) -> None:
    first, second, third = add(stores, "miguel", "susan", "zoe")
    stores.users.remove(second.id)

    assert list(stores.users.page(after=second.id, limit=10)) == [third]
    assert list(stores.users.page(after=first.id, limit=10)) == [third]
    assert list(stores.users.page(after=third.id, limit=10)) == []


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", ["jo", "jos\u00e9", "jose\u0301", "j%", "j_x", "j\\", "名名", "\U00010400", "xjo"]),
        ("jo", ["jo", "jos\u00e9", "jose\u0301"]),
        ("jos\u00e9", ["jos\u00e9"]),
        ("jose", ["jose\u0301"]),
        ("j%", ["j%"]),
        ("j_", ["j_x"]),
        ("j\\", ["j\\"]),
        ("%", []),
        ("JO", []),
        ("名", ["名名"]),
        ("\U00010400", ["\U00010400"]),
        ("jo' OR 1=1 --", []),
        ("j" * 300, []),
    ],
)
def test_a_prefix_finds_those_whose_canonical_name_begins_exactly_so(
    stores: Stores, prefix: str, found: list[str]
) -> None:
    add(stores, "jo", "jos\u00e9", "jose\u0301", "j%", "j_x", "j\\", "名名", "\U00010400", "xjo")

    page = stores.users.page(limit=100, prefix=prefix)

    assert names(page) == found


def test_the_name_as_entered_is_not_what_a_prefix_is_compared_with(stores: Stores) -> None:
    stores.users.add(name="Miguel", canonical_name="miguel", password_hash="hash", created_at=START)

    assert list(stores.users.page(limit=1, prefix="M")) == []


def test_those_who_are_disabled_are_told_from_those_who_are_not(stores: Stores) -> None:
    _, *disabled = add(stores, "miguel", "susan", "mike")
    for user in disabled:
        stores.users.set_disabled(user.id, START)

    assert names(stores.users.page(limit=10, disabled=True)) == ["susan", "mike"]
    assert names(stores.users.page(limit=10, disabled=False)) == ["miguel"]
    assert names(stores.users.page(limit=10, disabled=None)) == ["miguel", "susan", "mike"]
    assert names(stores.users.page(limit=10, disabled=True, prefix="mi")) == ["mike"]


def test_a_limit_counts_only_those_who_are_wanted(stores: Stores) -> None:
    add(stores, "susan", "miguel", "zoe", "mike", "mia")

    assert names(stores.users.page(limit=2, prefix="mi")) == ["miguel", "mike"]
