"""Pages as HTML, with the headers that keep them what they are."""

import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import falcon
from falcon.asgi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from entrypoints.pages import texts
from entrypoints.pages.brand import Brand

_TEMPLATES = Path(__file__).parent / "templates"
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)


class Renderer:
    """Fills in the templates, which are read once. `prefix` is the path all addresses begin with.

    Whatever is filled in is text: Jinja2 escapes it, and none of it becomes a template.
    """

    def __init__(self, brand: Brand, prefix: str) -> None:
        self._image_source = brand.image_source
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["fill"] = fill
        self.style = environment.get_template("style.css").render(colours=brand.colours).encode()
        version = f"{zlib.crc32(self.style):08x}"
        environment.globals |= {"brand": brand, "t": texts, "at": prefix, "version": version}
        self._templates = {
            name: environment.get_template(name)
            for name in environment.list_templates(extensions=["html"])
        }

    def show(
        self,
        resp: Response,
        template: str,
        *,
        status: int = 200,
        form_target: str = "",
        **values: object,
    ) -> None:
        """Writes a page. `form_target` is where its forms may lead besides this service."""
        resp.status = status
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._templates[template].render(values)
        # No page asks browsers for a password in a dialog of their own.
        resp.delete_header("WWW-Authenticate")
        resp.context.headers = self._headers(form_target)

    def _headers(self, form_target: str) -> Mapping[str, str]:
        policy = {
            "default-src": "'none'",
            "style-src": "'self'",
            "img-src": self._image_source,
            "base-uri": "'none'",
            "form-action": f"'self' {form_target}".strip(),
            "frame-ancestors": "'none'",
        }
        return {
            "Content-Security-Policy": "; ".join(" ".join(each) for each in policy.items()),
            # With no-referrer, browsers would send our own forms with the origin "null".
            "Referrer-Policy": "same-origin",
        }


def fill(text: str, **values: str) -> Markup:
    """The text with these values, each set apart, so that none turns the writing around it."""
    marked = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()}
    return Markup.escape(text).format(**marked)


def form_target(redirect_uri: str) -> str:
    """Where a form may lead in the end, in the words of a Content-Security-Policy.

    Chromium holds the redirect that answers a form against form-action as well. Only the scheme is
    named for what is no host that a policy can name: a private-use scheme, an IPv6 address.
    """
    parts = urlsplit(redirect_uri)
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host}" if _HOST.fullmatch(host) else f"{parts.scheme}:"
