"""RFC 8265's profiles for user names and passwords, by the precis-i18n library."""

from precis_i18n import get_profile

MAXIMUM_ROUNDS = 4
"""RFC 8265 section 3.1: apply the rules again until nothing changes, and give up after that."""


class PrecisProfile:
    """One PRECIS profile, applied until its output is stable."""

    def __init__(self, name: str) -> None:
        self._profile = get_profile(name)

    def enforce(self, text: str) -> str | None:
        try:
            for _ in range(MAXIMUM_ROUNDS):
                enforced: str = self._profile.enforce(text)
                if enforced == text:
                    return enforced
                text = enforced
        except UnicodeError:
            return None
        return None


def username_profile() -> PrecisProfile:
    """UsernameCaseMapped (RFC 8265 section 3.3)."""
    return PrecisProfile("UsernameCaseMapped")


def password_profile() -> PrecisProfile:
    """OpaqueString (RFC 8265 section 4.2)."""
    return PrecisProfile("OpaqueString")
