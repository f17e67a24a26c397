"""Passwords, as requests carry them."""

from domain.passwords import MAXIMUM_PASSWORD_LENGTH
from entrypoints.http.bodies import Text


class NewPassword(Text):
    """A password to be; RFC 8265 and the policy refuse more than a pattern can tell."""

    def __init__(self, example: str, *, required: bool = True) -> None:
        super().__init__(
            f"Up to {MAXIMUM_PASSWORD_LENGTH} characters.",
            example,
            required=required,
            minLength=1,
            maxLength=MAXIMUM_PASSWORD_LENGTH,
            pattern=r"^[^\u0000-\u001f\u007f-\u009f]*$",
        )
