"""Sessions over HTTP."""

from falcon.asgi import Request, Response
from marshmallow import Schema, fields

from domain.credentials import PasswordCredentials
from domain.issuance import IssuedTokens, IssueToken
from domain.sessions import EndOtherSessions, EndSession, ListSessions, Session, ShowSession
from domain.tokens import AuthenticateRequest
from entrypoints.http.bodies import RequestSchema, SentText, Text, load
from entrypoints.http.json import dumps
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, Resource, operation
from entrypoints.http.origins import origin
from entrypoints.http.proxies import Proxies


def _moment(description: str) -> fields.AwareDateTime:
    return fields.AwareDateTime(required=True, metadata={"description": description})


class LogInSchema(RequestSchema):
    """What starts a session."""

    username = SentText("The user name, in any spelling.", "miguel")
    password = SentText("The password.", "python")


class SessionSchema(Schema):
    """A session, as its user may know it."""

    id = Text("The session's id: `sid` in its tokens.", "bNVZ5XJp1mGQx0aXmHh1Yw")
    client_id = Text(
        "The application that holds it: `varvel` for this API, `varvel-browser` for its pages.",
        "varvel",
    )
    created_at = _moment("When it was started.")
    last_used_at = _moment("When a token was last issued in it, to the minute.")
    expires_at = _moment("When it is over unless it is renewed.")
    user_agent = fields.String(
        required=True, allow_none=True, metadata={"description": "What started it called itself."}
    )
    address = fields.String(
        required=True, allow_none=True, metadata={"description": "Where it was started from."}
    )
    current = fields.Boolean(
        required=True, metadata={"description": "Whether the request was made in it."}
    )


class SessionsSchema(Schema):
    """The live sessions of a user, the youngest first."""

    sessions = fields.List(fields.Nested(SessionSchema), required=True)


class SessionTokensSchema(Schema):
    """The tokens of a session."""

    access_token = Text("A JSON Web Token (RFC 9068).", "eyJ0eXAi…")
    token_type = Text("How to send the access token (RFC 6750).", "Bearer")
    expires_in = fields.Integer(
        required=True, metadata={"description": "Seconds the access token lives.", "example": 600}
    )
    refresh_token = Text("Gets the next pair, once.", "varvel_rt_…")
    refresh_expires_in = fields.Integer(
        required=True,
        metadata={"description": "Seconds the refresh token lives.", "example": 1_209_600},
    )
    session = fields.Nested(SessionSchema, required=True)


_LOG_IN = LogInSchema()
_SESSION = SessionSchema()
_SESSIONS = SessionsSchema()
SESSION_TOKENS = SessionTokensSchema()


def shown_session(session: Session, current_id: str) -> dict[str, object]:
    """The session in the form of its schema, for whoever acts in the current one."""
    return {
        "id": session.id,
        "client_id": session.client_id,
        "created_at": session.created_at.replace(microsecond=0),
        "last_used_at": session.used_at.replace(microsecond=0),
        "expires_at": session.idle_end.replace(microsecond=0),
        "user_agent": session.device.user_agent,
        "address": session.device.address,
        "current": session.id == current_id,
    }


def shown_tokens(issued: IssuedTokens) -> dict[str, object]:
    """The tokens in the form of their schema."""
    return {
        "access_token": issued.token,
        "token_type": "Bearer",
        "expires_in": issued.duration,
        "refresh_token": issued.refresh_token,
        "refresh_expires_in": issued.refresh_duration,
        "session": shown_session(issued.session, issued.session.id),
    }


class SessionsResource(Resource):
    """The sessions of the user who asks."""

    def __init__(
        self,
        *,
        authenticate_request: AuthenticateRequest,
        issue_token: IssueToken,
        list_sessions: ListSessions,
        end_other_sessions: EndOtherSessions,
        storage: Lane,
        hashing: Lane,
        proxies: Proxies,
    ) -> None:
        self._authenticate_request = authenticate_request
        self._issue_token = issue_token
        self._list_sessions = list_sessions
        self._end_other_sessions = end_other_sessions
        self._storage = storage
        self._hashing = hashing
        self._proxies = proxies

    @operation(
        Access.ANYONE,
        "Log in: start a session",
        status=201,
        answer=SESSION_TOKENS,
        body=_LOG_IN,
        problems=(400, 401, 408, 413, 415, 429, 503),
    )
    async def on_post(self, req: Request, resp: Response) -> None:
        """Starts a session; Location tells its address."""
        log_in = await load(req, _LOG_IN)
        credentials = PasswordCredentials(**log_in)
        caller = origin(req, self._proxies)
        principal = await self._hashing.run(
            self._authenticate_request,
            holder=caller.network,
            credentials=credentials,
            origin=caller,
        )
        issued = await self._storage.run(
            self._issue_token, principal=principal, origin=caller, refreshable=True
        )
        req.context.session = issued.session
        resp.status = 201
        resp.location = f"{self._proxies.base(req)}/api/sessions/{issued.session.id}"
        resp.data = dumps(SESSION_TOKENS.dump(shown_tokens(issued)))

    @operation(Access.TOKEN, "List your sessions", answer=_SESSIONS, problems=(400, 401, 403, 503))
    async def on_get(self, req: Request, resp: Response) -> None:
        """Lists the live sessions."""
        principal = req.context.principal
        sessions = await self._storage.run(self._list_sessions, principal=principal)
        shown = [shown_session(each, principal.session_id) for each in sessions]
        resp.data = dumps(_SESSIONS.dump({"sessions": shown}))

    @operation(Access.TOKEN, "Log out everywhere else", status=204, problems=(400, 401, 403, 503))
    async def on_delete(self, req: Request, resp: Response) -> None:
        """Ends all sessions but the present one."""
        await self._storage.run(
            self._end_other_sessions,
            principal=req.context.principal,
            origin=origin(req, self._proxies),
        )
        resp.status = 204


class SessionResource(Resource):
    """One session of the user who asks, by its id or as `current`."""

    def __init__(
        self, show_session: ShowSession, end_session: EndSession, storage: Lane, proxies: Proxies
    ) -> None:
        self._show_session = show_session
        self._end_session = end_session
        self._storage = storage
        self._proxies = proxies

    @operation(
        Access.TOKEN,
        "Show one of your sessions",
        answer=_SESSION,
        problems=(400, 401, 403, 404, 503),
    )
    async def on_get(self, req: Request, resp: Response, session_id: str) -> None:
        """Shows a live session."""
        principal = req.context.principal
        session = await self._storage.run(
            self._show_session, principal=principal, session_id=session_id
        )
        resp.data = dumps(_SESSION.dump(shown_session(session, principal.session_id)))

    @operation(
        Access.TOKEN, "End a session: log out", status=204, problems=(400, 401, 403, 404, 503)
    )
    async def on_delete(self, req: Request, resp: Response, session_id: str) -> None:
        """Ends a live session."""
        await self._storage.run(
            self._end_session,
            principal=req.context.principal,
            session_id=session_id,
            origin=origin(req, self._proxies),
        )
        resp.status = 204
