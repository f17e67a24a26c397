"""The feed in memory."""

from collections.abc import Sequence
from datetime import datetime

from domain.revocations import FeedPage, Revocation
from tests.fakes.unit_of_work import Storage

TABLE = "revocations"
COUNTERS = "feed"


class FakeRevocationFeed:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def read(self, *, after: int, alive_at: datetime) -> FeedPage:
        # Once, so that the position and the entries are of the same moment.
        tables = self._storage.tables()
        counters = tables.get(COUNTERS, {})
        found = [
            revocation
            for (position, _), revocation in tables.get(TABLE, {}).items()
            if position > after and revocation.expires_at > alive_at
        ]
        return FeedPage(counters.get("position", 0), counters.get("keys_version", 0), found)

    def announce_keys(self) -> None:
        with self._storage.changing(COUNTERS) as counters:
            counters["keys_version"] = counters.get("keys_version", 0) + 1


def append(storage: Storage, ended: Sequence[Revocation]) -> None:
    if not ended:
        return
    with storage.changing(COUNTERS) as counters, storage.changing(TABLE) as revocations:
        position = counters["position"] = counters.get("position", 0) + 1
        revocations.update({(position, each.session_id): each for each in ended})
