"""The feed of revocations in the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from adapters.sql.database import Database
from adapters.sql.schema import feed, revocations
from domain.revocations import FeedPage, Revocation

# Whoever advances the feed holds its row until the commit, so that positions are committed in
# their order. What one transaction ends shares a position.
_ADVANCE = update(feed).values(position=feed.c.position + 1).returning(feed.c.position)
_ANNOUNCE = update(feed).values(keys_version=feed.c.keys_version + 1)
_ADD = insert(revocations)

# In one statement, so that the position and the entries are of the same moment.
_READ = select(
    feed.c.position, feed.c.keys_version, revocations.c.session_id, revocations.c.expires_at
).join_from(
    feed,
    revocations,
    and_(
        revocations.c.position > bindparam("after"),
        revocations.c.expires_at > bindparam("alive_at"),
    ),
    isouter=True,
)


class SqlRevocationFeed:
    """The tables of the feed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, *, after: int, alive_at: datetime) -> FeedPage:
        parameters = {"after": after, "alive_at": alive_at}
        with self._database.connection() as connection:
            rows = connection.execute(_READ, parameters).all()
        return FeedPage(
            rows[0].position,
            rows[0].keys_version,
            [Revocation(row.session_id, row.expires_at) for row in rows if row.session_id],
        )

    def announce_keys(self) -> None:
        with self._database.connection() as connection:
            connection.execute(_ANNOUNCE)


def append(connection: Connection, ended: Sequence[Revocation]) -> None:
    """Writes revocations into the feed, as a part of the connection's transaction."""
    if not ended:
        return
    position = connection.execute(_ADVANCE).scalar_one()
    rows = [
        {"position": position, "session_id": each.session_id, "expires_at": each.expires_at}
        for each in ended
    ]
    connection.execute(_ADD, rows)
