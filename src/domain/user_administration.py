"""What admins see of everybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.accounts import UnknownUser
from domain.users import User, UsernameRules, UserRepository


@dataclass(frozen=True, slots=True)
class SearchUsers:
    """Looks through all users, page by page."""

    usernames: UsernameRules
    users: UserRepository

    def __call__(
        self, *, prefix: str = "", after: int = 0, limit: int, disabled: bool | None = None
    ) -> Sequence[User]:
        """The next users by their ids, of those whose name begins so in any spelling."""
        spelled = self.usernames.profile.enforce(prefix) if prefix else ""
        # What is no beginning of a name in its one spelling is none in any other.
        return self.users.page(
            after=after, limit=limit, prefix=spelled or prefix, disabled=disabled
        )


@dataclass(frozen=True, slots=True)
class InspectUser:
    """Looks a user up."""

    users: UserRepository

    def __call__(self, *, user_id: int) -> User:
        """The user with this id. Raises UnknownUser."""
        user = self.users.find(user_id)
        if user is None:
            raise UnknownUser
        return user
