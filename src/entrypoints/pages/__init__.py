"""Pages for people, rendered here, without a script."""

from domain.tokens import AuthenticateRequest
from domain.users import RegisterUser
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Route
from entrypoints.pages.log_in import LogInResource
from entrypoints.pages.log_out import LogOutResource
from entrypoints.pages.pages import PageResource, Pages
from entrypoints.pages.register import RegisterResource
from entrypoints.pages.returning import query_to_keep
from entrypoints.pages.style import STYLE, StyleResource

__all__ = ["PageResource", "Pages", "page_routes", "query_to_keep"]


def page_routes(
    pages: Pages,
    *,
    authenticate_request: AuthenticateRequest,
    register_user: RegisterUser,
    hashing: Lane,
) -> tuple[Route, ...]:
    """Where the pages are."""
    is_open = register_user.is_open
    log_in = LogInResource(pages, authenticate_request, hashing, is_open=is_open)
    return (
        Route("/login", log_in, is_api=False),
        Route("/register", RegisterResource(pages, register_user, hashing), is_api=False),
        Route("/logout", LogOutResource(pages), is_api=False),
        Route(STYLE, StyleResource(pages), is_api=False),
    )
