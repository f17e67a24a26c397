"""Schemathesis drives the application by the description that it serves."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.integration.stores import Store

SETTINGS = {"REVOCATION_POLL": "60", "REVOCATION_BOUND": "600"}
"""So that no process that gets no turn for a while answers with 503."""

BY_CHANCE = "DELETE /api/admin/users/{user_id}/sessions/{session_id}"
"""Succeeds only with an id that no description can tell."""

CHECKS = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
    "object_level_authorization",
}
"""All that Schemathesis has, but for the limit on an answer's time, since nothing here is timed.

Two have nothing to judge: the description names no header, neither of a request nor of an answer.
"""


@dataclass
class Conformance:
    """What became of a run."""

    seed: int
    cases: int = 0
    faults: list[str] = field(default_factory=list)
    checks: Counter[str] = field(default_factory=Counter)
    """How often each was made."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    """What each operation that is described has answered."""

    peers_probed: int = 0
    """How often a user asked for what is another's."""


def conform(store: Store, *, examples: int, rounds: int, seed: int) -> Conformance:
    """Asks an application on this database: each operation for so many examples, and more.

    Sequences, in which one answer leads to the next request, are made in so many rounds: a round
    is over when the application does not answer as it did before, since it remembers.
    Schemathesis changes Hypothesis for its whole process, so it gets a process of its own.
    """
    environment = store.environment(**SETTINGS)
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_run, environment, examples, rounds, seed).result()


def _run(environment: Mapping[str, str], examples: int, rounds: int, seed: int) -> Conformance:
    from tests.integration.schemathesis_run import run

    return run(environment, examples, rounds, seed)


def check(found: Conformance) -> None:
    """Fails for any fault, and unless everything was looked at and every operation succeeded."""
    assert not found.faults, "\n\n".join([f"With seed {found.seed}:", *found.faults])
    assert set(found.checks) == CHECKS
    for label, statuses in found.statuses.items():
        if label == BY_CHANCE:
            continue
        assert any(status < 300 for status in statuses), f"{label} never succeeded: {statuses}"
    assert found.peers_probed > 0
