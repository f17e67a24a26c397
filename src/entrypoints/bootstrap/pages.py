"""What people and other applications are served with."""

from urllib.parse import urlsplit

from adapters.identifiers import RandomIdentifiers
from adapters.seals import HmacSeals
from entrypoints.bootstrap.parts import Parts
from entrypoints.http.app import Services
from entrypoints.http.operations import Route
from entrypoints.http.proxies import Proxies
from entrypoints.oauth.routes import oauth_routes
from entrypoints.pages import Pages, page_routes
from entrypoints.pages.brand import Brand
from entrypoints.pages.cookies import Cookies
from entrypoints.pages.form_tokens import FormTokens
from entrypoints.pages.rendering import Renderer


def other_routes(parts: Parts, services: Services) -> tuple[Route, ...]:
    """The routes that are no part of the API."""
    pages = make_pages(parts, services)
    return (
        *page_routes(
            pages,
            authenticate_request=services.authenticate_request,
            register_user=services.register_user,
            hashing=services.hashing,
        ),
        *oauth_routes(services.oauth, pages, services.storage, pages.proxies),
    )


def make_pages(parts: Parts, services: Services) -> Pages:
    """What every page needs."""
    settings = parts.settings
    prefix = urlsplit(settings.public_url or "").path
    proxies = Proxies(settings.trusted_proxies, settings.public_url)
    cookies = Cookies(is_https=settings.issuer.startswith("https://"))
    seals = HmacSeals(parts.secrets.keys_for("csrf"))
    return Pages(
        Renderer(Brand.of(settings), prefix),
        cookies,
        FormTokens(seals, RandomIdentifiers(), cookies, proxies),
        services.resume_browser_session,
        services.issue_token,
        services.end_session,
        services.storage,
        proxies,
        prefix,
    )
