"""How the pages look: whose they are, and colours that can be read."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from entrypoints.settings import Settings

ENOUGH = 4.5
"""The contrast of text to what is behind it (WCAG 2.2, criterion 1.4.3)."""

ENOUGH_BY_NIGHT = 6.0
"""Thin letters look thinner on what is dark."""

LIGHT, DARK = "#ffffff", "#171b21"
"""What lies behind text, by day and by night; the same as in style.css."""

_STEPS = 50


@dataclass(frozen=True, slots=True)
class Brand:
    """Name, logo and colour of whoever runs the service; without a logo, the name's initial."""

    name: str
    logo: str | None
    colour: str

    @classmethod
    def of(cls, settings: Settings) -> "Brand":
        """The brand that the settings name."""
        return cls(settings.brand_name, settings.brand_logo, settings.brand_colour)

    @property
    def initial(self) -> str:
        """Stands for the logo."""
        return self.name[0].upper()

    @property
    def image_source(self) -> str:
        """Where pages may load images from, in the words of a Content-Security-Policy."""
        if self.logo is None:
            return "'none'"
        parts = urlsplit(self.logo)
        return "data:" if parts.scheme == "data" else f"https://{parts.netloc}"

    @property
    def colours(self) -> dict[str, str]:
        """The colour for text and buttons by day and by night, and the text upon it."""
        light, dark = readable(self.colour, LIGHT), readable(self.colour, DARK, ENOUGH_BY_NIGHT)
        return {"light": light, "on_light": upon(light), "dark": dark, "on_dark": upon(dark)}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, behind: str, enough: float = ENOUGH) -> str:
    """The colour, moved away from what is behind it only as far as text needs."""
    goal = upon(behind)
    mixed = (_mixed(colour, goal, step / _STEPS) for step in range(_STEPS + 1))
    return next(each for each in mixed if contrast(each, behind) >= enough)


def upon(colour: str) -> str:
    """White where that can be read, and else black, which then can."""
    return "#ffffff" if contrast("#ffffff", colour) >= ENOUGH else "#000000"


def _channels(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
