"""Common passwords, from the list that the zxcvbn library ships."""

from collections.abc import Iterator
from functools import cached_property


class ZxcvbnCommonPasswords:
    """Some 30,000 passwords that many people use, in lower case."""

    @cached_property
    def _passwords(self) -> frozenset[str]:
        # Imported at the first look-up: the list takes memory that only one policy needs.
        from zxcvbn.frequency_lists import FREQUENCY_LISTS

        return frozenset(FREQUENCY_LISTS["passwords"])

    def __contains__(self, password: object) -> bool:
        return password in self._passwords

    def __iter__(self) -> Iterator[str]:
        return iter(self._passwords)

    def __len__(self) -> int:
        return len(self._passwords)
