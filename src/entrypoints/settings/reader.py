"""Reads environment variables: faults are noted, defaults taken, and all reported at the end."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

MINIMUM_SECRET_BYTES = 32

SHORTEST_FRACTION = 0.01
"""Seconds."""

Choice = TypeVar("Choice", bound=Enum)

_BIND = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})", re.ASCII)
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
_IMAGE = re.compile(
    r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~!$&()*+,;=:@%/?-]*"
    r"|data:image/(png|jpeg|gif|webp|avif|svg\+xml);base64,[A-Za-z0-9+/]+=*",
    re.ASCII,
)


class StartupError(Exception):
    """The program cannot start; the message is for the person who starts it."""


class Reader:
    """The variables of one environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._faults: list[str] = []

    def text(self, name: str, default: str) -> str:
        """The value, or the default if it is unset or empty."""
        return self._environment.get(name) or default

    def directory(self, name: str, default: str) -> Path:
        """A directory that can stand in an address of a database."""
        text = self.text(name, default)
        if re.search("[%?#]", text):
            self.fault(name, "is a directory without %, ? and # in its name")
        return Path(text)

    def choice(self, name: str, default: Choice) -> Choice:
        """One of the values of an enumeration."""
        text = self.text(name, default.value)
        members: Sequence[Choice] = list(type(default))
        for member in members:
            if member.value == text:
                return member
        self.fault(name, "is one of: " + ", ".join(member.value for member in members))
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Yes or no."""
        text = self.text(name, "yes" if default else "no")
        if text not in ("yes", "no"):
            self.fault(name, "is yes or no")
            return default
        return text == "yes"

    def whole(self, name: str, default: int, *, at_least: int = 1, at_most: int) -> int:
        """A whole number within limits."""
        text = self.text(name, str(default))
        if re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) and at_least <= int(text) <= at_most:
            return int(text)
        self.fault(name, f"is a whole number from {at_least} to {at_most}")
        return default

    def seconds(self, name: str, default: int, *, at_least: int = 1, at_most: int) -> timedelta:
        """A duration in whole seconds."""
        return timedelta(seconds=self.whole(name, default, at_least=at_least, at_most=at_most))

    def fraction(self, name: str, default: float, *, at_most: int) -> timedelta:
        """A duration in seconds, of which some may be parts."""
        text = self.text(name, str(default))
        is_number = re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text, re.ASCII)
        if is_number and SHORTEST_FRACTION <= float(text) <= at_most:
            return timedelta(seconds=float(text))
        self.fault(name, f"is a number of seconds from {SHORTEST_FRACTION} to {at_most}")
        return timedelta(seconds=default)

    def bind(self, name: str, default: str) -> tuple[str, int]:
        """A host, without brackets, and a port."""
        match = _BIND.fullmatch(self.text(name, default))
        if match and int(match["port"]) <= 65_535:
            return match["host"].strip("[]"), int(match["port"])
        self.fault(name, "is an address and a port, like 127.0.0.1:5000 or [::1]:5000")
        return "", -1

    def optional_bind(self, name: str) -> tuple[str, int] | None:
        """The same, or None if it is unset or empty."""
        return self.bind(name, "") if self.text(name, "") else None

    def url(self, name: str) -> str | None:
        """The address of a service, without a slash at its end."""
        text = self._environment.get(name)
        if not text:
            return None
        try:
            parts = urlsplit(text)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable or not re.fullmatch(r"[!-~]+", text) or re.search(r"[?#@\\\"<>]", text):
            self.fault(name, "is an address like https://id.example.com, without query or user")
        return text.rstrip("/")

    def database_url(self, name: str, default: str) -> str:
        """The address of a database."""
        text = self.text(name, default)
        if text == default:
            return text
        try:
            parts = urlsplit(text)
            usable = parts.port != 0 and len(parts.path) > 1
        except ValueError:
            usable = False
        # A file's path is taken as it stands, without escapes and options.
        if not usable or not re.match(r"sqlite:///[^%?#]+$|postgresql(\+psycopg)?://", text):
            self.fault(
                name, "is like postgresql://user:password@host/name or sqlite:////path/to/file"
            )
        return text

    def networks(self, name: str) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks by their addresses."""
        parts = self._environment.get(name, "").split(",")
        try:
            return tuple(ip_network(part.strip()) for part in parts if part.strip())
        except ValueError:
            self.fault(name, "is a list of networks like 10.0.0.0/8, fd00::/8")
            return ()

    def origins(self, name: str) -> tuple[str, ...]:
        """Origins of the web (RFC 6454)."""
        parts = [part.strip() for part in self._environment.get(name, "").split(",")]
        origins = tuple(part for part in parts if part)
        if not all(map(_ORIGIN.fullmatch, origins)):
            self.fault(name, "is a list of origins like https://app.example.com, without a path")
        return origins

    def line(self, name: str, default: str, *, at_most: int) -> str:
        """A text to show."""
        text = self.text(name, default).strip()
        if text and len(text) <= at_most and text.isprintable():
            return text
        self.fault(name, f"is a text of 1 to {at_most} characters")
        return default

    def image(self, name: str) -> str | None:
        """The address of an image, or an image itself (RFC 2397)."""
        text = self._environment.get(name)
        if not text:
            return None
        if not _IMAGE.fullmatch(text):
            self.fault(
                name, "is an address like https://example.com/logo.svg, or data:image/…;base64,…"
            )
        return text

    def colour(self, name: str, default: str) -> str:
        """A colour of the sRGB space."""
        text = self.text(name, default).lower()
        if re.fullmatch("#[0-9a-f]{6}", text):
            return text
        self.fault(name, "is a colour like #1f5f78")
        return default

    def secrets(self, name: str) -> tuple[bytes, ...]:
        """Random bytes, the newest first."""
        text = self._environment.get(name)
        if not text:
            return ()
        secrets = tuple(_decoded(part.strip()) for part in text.split(","))
        if any(len(secret) < MINIMUM_SECRET_BYTES for secret in secrets):
            self.fault(
                name,
                "is base64url of at least 32 random bytes; several are separated by commas, the "
                "newest first",
            )
        return secrets

    def require(self, name: str, meaning: str, *, unless: str = "") -> None:
        """Notes a fault unless the value is set, and not left at `unless`."""
        if self._environment.get(name, "") in ("", unless):
            self.fault(name, f"must be set in the production profile: {meaning}")

    def finish(self) -> None:
        """Raises StartupError with all the faults, if there are any."""
        if self._faults:
            raise StartupError("\n".join(self._faults))

    def fault(self, name: str, rule: str) -> None:
        """Notes that a variable breaks this rule."""
        # The value is left out: it may be a secret, or hold one.
        self._faults.append(f"{name} {rule}.")


def _decoded(text: str) -> bytes:
    try:
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
