"""Users in memory, and a small stand-in for the profile of their names."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from domain.users import NewUser, User, UsernameTaken, UserNotFound
from tests.fakes import authorization, consents, sessions
from tests.fakes.unit_of_work import Storage, in_utc

TABLE = "users"


class FakeUserRepository:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(
        self, *, name: str, canonical_name: str, password_hash: str, created_at: datetime
    ) -> User:
        with self._storage.changing(TABLE) as users:
            if any(user.canonical_name == canonical_name for user in users.values()):
                raise UsernameTaken
            user = User(
                self._storage.new_id(), name, canonical_name, password_hash, in_utc(created_at)
            )
            users[user.id] = user
        return user

    def add_all(self, new: Sequence[NewUser]) -> Mapping[str, int]:
        with self._storage.changing(TABLE) as users:
            missing = [each for each in new if self.find_by_name(each.canonical_name) is None]
            added = [User(id=self._storage.new_id(), **asdict(each)) for each in missing]
            for user in added:
                moments = (user.created_at, user.disabled_at)
                created_at, disabled_at = (each and in_utc(each) for each in moments)
                users[user.id] = replace(
                    user, created_at=created_at or user.created_at, disabled_at=disabled_at
                )
        return {user.canonical_name: user.id for user in added}

    def get(self, user_id: int) -> User:
        user = self.find(user_id)
        if user is None:
            raise UserNotFound
        return user

    def find_by_name(self, canonical_name: str) -> User | None:
        users: list[User] = list(self._storage.rows(TABLE).values())
        return next((user for user in users if user.canonical_name == canonical_name), None)

    def find(self, user_id: int) -> User | None:
        user: User | None = self._storage.rows(TABLE).get(user_id)
        return user

    def page(
        self, *, after: int = 0, limit: int, prefix: str = "", disabled: bool | None = None
    ) -> Sequence[User]:
        users: list[User] = sorted(self._storage.rows(TABLE).values(), key=lambda user: user.id)
        return [
            user
            for user in users
            if user.id > after
            and user.canonical_name.startswith(prefix)
            and disabled in (None, user.disabled_at is not None)
        ][:limit]

    def lock(self, user_id: int) -> User | None:
        # A unit of work has the whole storage to itself.
        return self.find(user_id)

    def replace_password_hash(self, user_id: int, *, old: str, new: str) -> bool:
        with self._storage.changing(TABLE) as users:
            user: User | None = users.get(user_id)
            if user is None or user.password_hash != old:
                return False
            users[user_id] = replace(user, password_hash=new)
            return True

    def set_disabled(self, user_id: int, at: datetime | None) -> None:
        with self._storage.changing(TABLE) as users:
            if user_id in users:
                users[user_id] = replace(users[user_id], disabled_at=at and in_utc(at))

    def set_role(self, user_id: int, role: str | None) -> None:
        with self._storage.changing(TABLE) as users:
            if user_id in users:
                users[user_id] = replace(users[user_id], role=role)

    def remove(self, user_id: int) -> None:
        with (
            self._storage.changing(TABLE) as users,
            self._storage.changing(sessions.TABLE) as all_sessions,
        ):
            users.pop(user_id, None)
            own = [each.id for each in all_sessions.values() if each.user_id == user_id]
            sessions.forget(all_sessions, own)
        for table in (authorization.TABLE, consents.TABLE):
            with self._storage.changing(table) as rows:
                for key in [key for key, each in rows.items() if each.user_id == user_id]:
                    del rows[key]


class FakeUsernameProfile:
    """Lower case in compatibility form; refuses spaces, controls and what is unassigned.

    Takes some names that the real profile refuses, but none of those the contract names.
    """

    def enforce(self, name: str) -> str | None:
        for _ in range(4):
            mapped = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())
            if mapped == name:
                return mapped if mapped and not any(map(_is_refused, mapped)) else None
            name = mapped
        return None


def _is_refused(character: str) -> bool:
    return unicodedata.category(character)[0] in "CZ"
