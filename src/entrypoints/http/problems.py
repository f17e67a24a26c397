"""Refusals that HTTP itself is the reason for."""

from collections.abc import Mapping


class Problem(Exception):
    """A refusal with its status, its stable code and one sentence that says what to do."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
