"""One run of Schemathesis, for a process of its own."""

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count, cycle
from typing import Any

import schemathesis
from schemathesis import AuthContext, Response
from schemathesis.auths import AuthProvider
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.python.asgi import get_client, shutdown_lifespans
from schemathesis.wfc.escalation import ANONYMOUS, EscalatingAuthProvider

from entrypoints.bootstrap import administration, create_app
from entrypoints.bootstrap.startup import opened
from entrypoints.settings import Settings
from tests.integration.calls import basic, bearer
from tests.integration.conformance import Conformance
from tests.origins import ORIGIN

Operation = schemathesis.APIOperation[Any, Any, Any, Any]
Case = schemathesis.Case[Operation]

SUSAN, DAVID = "susan", "david"
PASSWORD = "correct horse battery staple"

GIVEN = {
    "names": [f"user-{number}" for number in range(10_000)],
    "passwords": [PASSWORD],
    "ids": [str(number) for number in range(1, 15)],
    "sessions": ["current"],
}
"""What no description can tell: a name that is free, a right password, ids that are there.

And the application that every admin has consented to, which `run` adds.
"""

PLACES = {
    "body.username": "names",
    "body.password": "passwords",
    "body.current_password": "passwords",
    "path.user_id": "ids",
    "path.session_id": "sessions",
    "path.client_id": "clients",
}
"""Where it is sent, now and then."""

OPERATIONS = [
    # They end sessions in ways that whoever looks for a session afterwards cannot know of.
    {
        "include-path": ["/api/users/me/password", "/api/users/me/removal"],
        "phases": {"stateful": {"enabled": False}},
    },
    # Admins end the sessions and the users that a sequence goes on with.
    {"include-path-regex": "^/api/admin/", "phases": {"stateful": {"enabled": False}}},
    # Other spellings would only make sequences of the same kind.
    {
        "include-path": ["/api/usr", "/api/user", "/api/user{user_id}"],
        "phases": {"stateful": {"enabled": False}},
    },
    # Ids that are chosen by what was ended before cannot be chosen again, which ends the run.
    {
        "include-name": ["DELETE /api/sessions/{session_id}"],
        "phases": {"fuzzing": {"extra-data-sources": {"responses": False}}},
    },
]

SEQUENCES_ALONE = {phase: {"enabled": False} for phase in ("examples", "coverage", "fuzzing")}

STORED = {
    *("invalid_cursor", "username_taken", "taken", "user_not_found", "wrong_password"),
    *("invalid_fields", "unknown_hash"),
}
"""Why a request as described may be a 400: for what is there and what is not, and for hashes."""

BEYOND_ASCII = {"invalid_fields", "not_a_name", "colon", "not_a_password"}
"""Why else, where a text has letters of which RFC 8265 refuses more than a pattern can tell."""

INVENTED = {"repeated_authorization"}
"""Commas in tokens, which Schemathesis invents against RFC 6750."""


class Login:
    """A user who logs in for every case, and registers anew once a case has changed too much."""

    def __init__(self, app: Any, name: str, promote: Callable[[str], object]) -> None:
        self._promote = promote
        self._client = get_client(app)
        self._names = (f"{name}-{number}" for number in count())
        self._name = next(self._names)
        self._forms = cycle((bearer, lambda token: basic(token, ""), bearer, self._by_password))

    def get(self, _case: Case, _context: AuthContext) -> dict[str, str]:
        return next(self._forms)(self._token())

    def set(self, case: Case, data: dict[str, str], _context: AuthContext) -> None:
        if is_guarded(case.operation):
            case.headers.update(data)
        elif is_log_in_of_a_sequence(case):
            # What follows asks for the new session as this user.
            case.body = {"username": self._name, "password": PASSWORD}

    def _token(self) -> str:
        answer = self._ask_token()
        if answer.status_code == 401:
            self._register()
            answer = self._ask_token()
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def _register(self) -> None:
        for name in self._names:
            self._name = name
            registration = {"username": name, "password": PASSWORD}
            answer = self._client.post("/api/users", json=registration)
            if answer.status_code == 201:
                self._promote(name)
                return
            # A case was quicker, or a run before this one.
            assert answer.json()["code"] == "username_taken", answer.text

    def _ask_token(self) -> Any:
        return self._client.get("/api/token", auth=(self._name, PASSWORD))

    def _by_password(self, _token: str) -> dict[str, str]:
        return basic(self._name, PASSWORD)


class Callers(EscalatingAuthProvider):
    """Susan, an admin; every fourth time nobody; David is made to ask for what is Susan's."""

    def __init__(self, app: Any, promote: Callable[[str], object]) -> None:
        names = (SUSAN, DAVID)
        logins: list[AuthProvider[dict[str, str]]] = [
            Login(app, SUSAN, promote),
            Login(app, DAVID, lambda _: None),
        ]
        super().__init__(logins, list(names), peers=names)
        self._turns = cycle((SUSAN, SUSAN, SUSAN, ANONYMOUS))
        self._turn = SUSAN
        self.probed = 0

    def index_for(self, _label: str) -> int:
        return self.names.index(self._turn)

    def get(self, case: Case, context: AuthContext) -> Any:
        self._turn = next(self._turns) if is_guarded(case.operation) else SUSAN
        return super().get(case, context)

    def record(self, *_outcome: object) -> None:
        """Refusals change nothing: who was refused may ask again."""

    def claim_probe(self, key: tuple[str, ...]) -> bool:
        claimed = super().claim_probe(key)
        self.probed += claimed
        return claimed


def is_guarded(operation: Operation) -> bool:
    return bool(operation.definition.raw["security"])


def is_log_in_of_a_sequence(case: Case) -> bool:
    return (
        case.operation.label == "POST /api/sessions"
        and case.meta is not None
        and case.meta.phase.name is TestPhase.STATEFUL
        and case.meta.generation.mode.is_positive
    )


def run(environment: Mapping[str, str], examples: int, rounds: int, seed: int) -> Conformance:
    settings = Settings.read(environment)
    app = create_app(settings)

    with administration(settings) as services:
        client, _ = services.create_client(
            name="Shop", redirect_uris=(), scopes=["profile"], origin=ORIGIN
        )
    given = GIVEN | {"clients": [client.id]}

    def promote(name: str) -> None:
        with administration(settings) as services:
            services.grant_admin(who=name, origin=ORIGIN)
            user = services.report_user(who=name).user
        with opened(settings) as parts, parts.database.transaction():
            parts.users.lock(user.id)
            parts.consents.put(user.id, client.id, scope="profile", given_at=user.created_at)

    found = Conformance(seed)
    try:
        _drive(app, promote, _config(examples, seed, given), found)
        for further in range(1, rounds):
            config = _config(examples, seed + further, given, phases=SEQUENCES_ALONE)
            _drive(app, promote, config, found)
    finally:
        shutdown_lifespans()
    return found


def _drive(
    app: Any, promote: Callable[[str], object], config: SchemathesisConfig, found: Conformance
) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    # Or the address that it came from would be left out.
    schema.location = None
    for path, item in schema.raw_schema["paths"].items():
        for method in item.keys() - {"parameters"}:
            found.statuses.setdefault(f"{method.upper()} {path}", Counter())
    callers = Callers(app, promote)
    schema.auth.providers.append(callers)
    schema.hook("filter_failure")(_is_promised)
    for event in from_schema(schema).execute():
        _note(event, found)
    found.peers_probed += callers.probed


def _config(
    examples: int, seed: int, given: Mapping[str, list[str]], **more: object
) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "continue-on-failure": True,
            # How fast values are made is no fault of the API's.
            "suppress-health-check": ["all"],
            "cache": {"enabled": False},
            "generation": {"max-examples": examples, "database": "none"},
            "dictionaries": {name: {"values": values} for name, values in given.items()},
            "parameters": {
                place: {"dictionary": name, "probability": 0.6} for place, name in PLACES.items()
            },
            "operations": OPERATIONS,
            "output": {"sanitization": {"enabled": False}},
            **more,
        }
    )


def _is_promised(_context: object, failure: Exception, case: Case, answer: Response) -> bool:
    """Whether what has failed is promised by the description."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = answer.json()
    reasons = {problem["code"], *(fault["code"] for fault in problem.get("errors", ()))}
    texts = case.body.values() if isinstance(case.body, dict) else ()
    is_plain = all(str(text).isascii() for text in texts)
    return not reasons <= STORED | INVENTED | (set() if is_plain else BEYOND_ASCII)


def _note(event: events.EngineEvent, found: Conformance) -> None:
    match event:
        case events.ScenarioFinished():
            _note_scenario(event, found)
        case events.NonFatalError():
            found.faults.append(f"{event.label}: {event.info.format()}")
        case events.FatalError():
            raise event.exception


def _note_scenario(event: events.ScenarioFinished, found: Conformance) -> None:
    recorder = event.recorder
    found.cases += len(recorder.checks)
    for check in (check for checks in recorder.checks.values() for check in checks):
        found.checks[check.name] += 1
        if check.failure_info is not None:
            failure, sample = check.failure_info.failure, check.failure_info.code_sample
            said = f"{failure.operation}: {failure.title}\n{failure.message}\n{sample}"
            found.faults.append(said)
    for case_id, interaction in recorder.interactions.items():
        asked = recorder.cases[case_id].value.operation
        if interaction.response and interaction.request.method == asked.method.upper():
            found.statuses[asked.label][interaction.response.status_code] += 1
