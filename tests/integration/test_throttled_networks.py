"""What counts as one network, who tells it, and what it has to itself."""

from collections.abc import Iterator

import pytest
from falcon.testing import TestClient

from tests.fakes.clock import FakeClock
from tests.integration.calls import register, token
from tests.integration.clients import standing
from tests.integration.conftest import Execute
from tests.integration.guesses import (
    GUESSES,
    Guess,
    from_peer,
    is_admitted,
    throttled,
    wrong,
)
from tests.integration.guesses import fail as fail_at
from tests.integration.stores import SQLITE, Store

PROXY, OTHER_PROXY = "10.0.0.1", "fd00::2"
STRANGER, NEIGHBOUR = "203.0.113.9", "203.0.113.10"
FAILURES, WINDOW = 4, 90
SAME_64 = ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:DB8:1:2:0:1::")


@pytest.fixture
def guarded(store: Store, clock: FakeClock) -> Iterator[TestClient]:
    """Where every network has four failures in 90 seconds, and some are proxies."""
    settings = store.settings(
        TRUSTED_PROXIES="10.0.0.0/8,fd00::/8",
        THROTTLE_NETWORK_FAILURES=str(FAILURES),
        THROTTLE_NETWORK_WINDOW=str(WINDOW),
    )
    with standing(settings, clock) as api:
        store.let_go.append(api.stop)
        register(api)
        yield api


def fail(api: TestClient, *peers: tuple[str, str | None]) -> None:
    """Four tries at names that differ, from these addresses in turn."""
    for number in range(FAILURES):
        address, forwarded = peers[number % len(peers)]
        fail_at(api, 1, f"nobody-{number}", **from_peer(address, forwarded))


def is_open(api: TestClient, address: str, forwarded: str | None = None) -> bool:
    return is_admitted(api, **from_peer(address, forwarded))


def test_a_network_waits_for_its_window_whatever_account_it_tries_and_no_other_waits(
    guarded: TestClient, clock: FakeClock
) -> None:
    live = token(guarded)
    fail(guarded, (STRANGER, None))

    for guess in GUESSES.values():
        assert throttled(guess(guarded, "python", live=live, **from_peer(STRANGER))) == WINDOW
    assert is_open(guarded, NEIGHBOUR)
    assert (
        guarded.simulate_get(
            "/api/resource",
            headers={"Authorization": f"Bearer {live}"},
            extras=from_peer(STRANGER)["extras"],
        ).status_code
        == 200
    )

    clock.advance(seconds=WINDOW - 1)
    assert not is_open(guarded, STRANGER)
    clock.advance(seconds=1)
    assert is_open(guarded, STRANGER)


@pytest.mark.parametrize("guess", GUESSES.values(), ids=GUESSES)
@pytest.mark.databases(SQLITE)
def test_every_place_counts_for_the_network(guarded: TestClient, guess: Guess) -> None:
    live = token(guarded)
    for _ in range(FAILURES):
        wrong(guess(guarded, live=live, **from_peer(STRANGER)))

    assert not is_open(guarded, STRANGER)


def test_the_owners_success_gives_the_network_nothing_back(guarded: TestClient) -> None:
    for number in range(FAILURES):
        assert is_open(guarded, STRANGER)
        fail_at(guarded, 1, f"nobody-{number}", **from_peer(STRANGER))

    assert not is_open(guarded, STRANGER)


def test_an_ipv6_network_is_64_bits_wide(guarded: TestClient, execute: Execute) -> None:
    fail(guarded, *((address, None) for address in SAME_64))

    assert not is_open(guarded, "2001:db8:1:2:abcd::")
    assert is_open(guarded, "2001:db8:1:3::1")
    assert is_open(guarded, "2001:db8:1:1:ffff:ffff:ffff:ffff")
    networks = execute("SELECT subject FROM throttles WHERE subject LIKE 'network:%'")
    assert networks == [("network:2001:db8:1:2::/64",)]


def test_an_ipv4_address_is_a_network_of_its_own_in_either_form(
    guarded: TestClient, execute: Execute
) -> None:
    fail(guarded, (STRANGER, None), (f"::ffff:{STRANGER}", None))

    assert not is_open(guarded, STRANGER)
    assert not is_open(guarded, f"::ffff:{STRANGER}")
    assert is_open(guarded, f"::ffff:{NEIGHBOUR}")
    networks = execute("SELECT subject FROM throttles WHERE subject LIKE 'network:%'")
    assert networks == [(f"network:{STRANGER}",)]


def test_behind_trusted_proxies_the_client_counts_whichever_proxy_it_came_by(
    guarded: TestClient,
) -> None:
    fail(guarded, (PROXY, STRANGER), (OTHER_PROXY, f"1.2.3.4, {STRANGER}"), (STRANGER, None))

    assert not is_open(guarded, PROXY, STRANGER)
    assert not is_open(guarded, OTHER_PROXY, f"{NEIGHBOUR}, {STRANGER}")
    assert not is_open(guarded, STRANGER)
    assert is_open(guarded, PROXY, NEIGHBOUR)
    assert is_open(guarded, PROXY)


def test_what_a_stranger_says_of_others_does_not_count(guarded: TestClient) -> None:
    fail(guarded, *((STRANGER, f"198.51.100.{number}") for number in range(FAILURES)))

    assert not is_open(guarded, STRANGER, "192.0.2.1")
    assert is_open(guarded, "198.51.100.1")


@pytest.mark.databases(SQLITE)
def test_where_nobody_is_trusted_all_clients_of_a_proxy_share_its_failures(
    store: Store, clock: FakeClock
) -> None:
    settings = store.settings(THROTTLE_NETWORK_FAILURES=str(FAILURES))
    with standing(settings, clock) as api:
        register(api)
        fail(api, (PROXY, STRANGER), (PROXY, NEIGHBOUR))

        assert not is_open(api, PROXY, "192.0.2.1")


@pytest.mark.databases(SQLITE)
def test_a_peer_without_an_address_is_of_no_network(guarded: TestClient, execute: Execute) -> None:
    fail(guarded, ("/run/socket", None))

    assert is_open(guarded, "/run/socket")
    assert not execute("SELECT subject FROM throttles WHERE subject LIKE 'network:%'")


@pytest.mark.databases(SQLITE)
def test_a_neighbour_on_the_same_link_is_of_a_network(guarded: TestClient) -> None:
    fail(guarded, ("fe80::1%eth0", None), ("fe80::2%eth0", None))

    assert not is_open(guarded, "fe80::3%eth0")
