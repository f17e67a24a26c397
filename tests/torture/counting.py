"""How a long run says what it has done: `record_property("done", "20 kills")`."""

from collections.abc import Callable

Done = Callable[[str, object], None]
