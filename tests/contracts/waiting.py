"""How a test knows that somebody waits for a lock."""

from time import monotonic

from sqlalchemy import text

from tests.contracts.conftest import Stores
from tests.contracts.databases import PATIENCE

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
LOOKS = 20


def until_somebody_waits(stores: Stores) -> None:
    """Returns when somebody else waits for the caller's unit of work.

    Only a server tells. Elsewhere the others get some time, in which they would not have to wait
    if nothing kept them.
    """
    database = stores.database
    if database is None or database.is_embedded:
        for _ in range(LOOKS):
            stores.users.find(1)
        return
    deadline = monotonic() + PATIENCE / 2
    # On a connection beside the unit of work: the view of a transaction stands still.
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as aside:
        while not aside.scalar(_WAITING):
            assert monotonic() < deadline, "Nobody waits for this unit of work."
