"""Where the calls of tests come from."""

from domain.origins import Origin

ORIGIN = Origin("192.0.2.7", "192.0.2.7", "Firefox", "a-request")
