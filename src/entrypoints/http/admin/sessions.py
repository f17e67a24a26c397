"""Anybody's sessions, for admins."""

from falcon.asgi import Request, Response

from domain.user_sessions import EndUserSessions, ListUserSessions
from entrypoints.http.admin.requests import by_admin, wanted_user
from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation
from entrypoints.http.proxies import Proxies
from entrypoints.http.sessions import SessionsSchema, shown_session

_SESSIONS = SessionsSchema()
_PROBLEMS = (400, 401, 403, 404, 503)


class UserSessionsResource(Resource):
    """The live sessions of a user."""

    def __init__(
        self, list_sessions: ListUserSessions, end: EndUserSessions, storage: Lane, proxies: Proxies
    ) -> None:
        self._list_sessions = list_sessions
        self._end = end
        self._storage = storage
        self._proxies = proxies

    @operation(Access.ADMIN, "List any user's sessions", answer=_SESSIONS, problems=_PROBLEMS)
    async def on_get(self, req: Request, resp: Response, user_id: str) -> None:
        """Lists the live sessions, the youngest first."""
        sessions = await self._storage.run(self._list_sessions, user_id=wanted_user(user_id))
        current = req.context.principal.session_id
        shown = [shown_session(each, current) for each in sessions]
        resp.data = dumps(_SESSIONS.dump({"sessions": shown}))

    @operation(Access.ADMIN, "Log any user out everywhere", status=204, problems=_PROBLEMS)
    async def on_delete(self, req: Request, resp: Response, user_id: str) -> None:
        """Ends all sessions of the user."""
        who, caller = wanted_user(user_id), by_admin(req, self._proxies)
        await self._storage.run(self._end, user_id=who, origin=caller)
        resp.status = 204


class UserSessionResource(Resource):
    """One live session of a user."""

    def __init__(self, end: EndUserSessions, storage: Lane, proxies: Proxies) -> None:
        self._end = end
        self._storage = storage
        self._proxies = proxies

    @operation(Access.ADMIN, "End any user's session", status=204, problems=_PROBLEMS)
    async def on_delete(self, req: Request, resp: Response, user_id: str, session_id: str) -> None:
        """Ends the session."""
        who, caller = wanted_user(user_id), by_admin(req, self._proxies)
        await self._storage.run(self._end, user_id=who, session_id=session_id, origin=caller)
        resp.status = 204
