"""Storage that is well, or is not."""


class FakeHealthStorage:
    def __init__(self, *, usable: bool = True) -> None:
        self.usable = usable

    def is_usable(self) -> bool:
        return self.usable
