"""The audit trail, for admins."""

from collections.abc import Iterable
from datetime import datetime

from falcon.asgi import Request, Response
from marshmallow import Schema, fields, validate

from domain.audit import AuditFilter, Event
from domain.audit_chain import ListAuditEntries
from entrypoints.http.admin.requests import link_next
from entrypoints.http.bodies import Text
from entrypoints.http.cursors import Cursors
from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation
from entrypoints.http.proxies import Proxies
from entrypoints.http.queries import ONCE, PRINTABLE, Moment, PageSchema, query


def _optional(description: str) -> fields.String:
    return fields.String(required=True, allow_none=True, metadata={"description": description})


def _one_of(choices: Iterable[str]) -> fields.String:
    known = validate.OneOf(list(choices), error="Take one of these: {choices}.")
    return fields.String(validate=known, error_messages=ONCE)


class AuditQuerySchema(PageSchema):
    """Which entries."""

    subject = fields.String(
        validate=[validate.Length(1, 80, error="Write it like user:7."), PRINTABLE],
        error_messages=ONCE,
        metadata={"description": "What they are about, like user:7.", "example": "user:7"},
    )
    event = _one_of(each.value for each in Event)
    outcome = _one_of(["success", "failure"])
    since = Moment("Only from this moment on")
    until = Moment("Only before this moment")


class AuditEntrySchema(Schema):
    """One event."""

    id = Text("The entry's id.", "bNVZ5XJp1mGQx0aXmHh1Yw")
    at = fields.AwareDateTime(required=True, metadata={"description": "When it happened."})
    event = Text("What happened.", "logged_in")
    outcome = Text("success or failure.", "success")
    subject = _optional("The user, the pseudonym of a name that nobody has, or the key.")
    actor = Text("Who did it.", "user:1")
    session_id = _optional("In which session.")
    address = _optional("From where.")
    request_id = _optional("The X-Request-ID of the answer.")
    detail = _optional("What else there is to say.")
    sequence = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Its place in the chain, once sealed."},
    )


class AuditEntriesSchema(Schema):
    """A page of the audit trail, the youngest first."""

    entries = fields.List(fields.Nested(AuditEntrySchema), required=True)


_QUERY = AuditQuerySchema()
_ENTRIES = AuditEntriesSchema()
_FILTERS = ("subject", "event", "outcome", "since", "until")


class AuditResource(Resource):
    """The audit trail."""

    def __init__(
        self, list_entries: ListAuditEntries, cursors: Cursors, storage: Lane, proxies: Proxies
    ) -> None:
        self._list_entries = list_entries
        self._cursors = cursors
        self._storage = storage
        self._proxies = proxies

    @operation(
        Access.ADMIN,
        "List security events",
        answer=_ENTRIES,
        query=_QUERY,
        problems=(400, 401, 403, 503),
    )
    async def on_get(self, req: Request, resp: Response) -> None:
        """Shows one page; Link tells the address of the next."""
        wanted = query(req, _QUERY)
        chosen = {name: wanted[name] for name in _FILTERS if name in wanted}
        same = {name: _text(value) for name, value in chosen.items()}
        purpose, limit = f"audit {sorted(same.items())}", wanted["limit"]
        found = await self._storage.run(
            self._list_entries,
            wanted=AuditFilter(**chosen),
            before=self._place(purpose, wanted.get("cursor")),
            limit=limit + 1,
        )
        page = found[:limit]
        if len(found) > limit:
            cursor = self._cursors.encode(purpose, [page[-1].at.isoformat(), page[-1].id])
            link_next(req, resp, self._proxies, same | {"limit": str(limit)}, cursor)
        resp.data = dumps(_ENTRIES.dump({"entries": page}))

    def _place(self, purpose: str, cursor: str | None) -> tuple[datetime, str] | None:
        if cursor is None:
            return None
        at, entry_id = self._cursors.decode(purpose, cursor)
        return datetime.fromisoformat(at), entry_id


def _text(value: str | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else value
