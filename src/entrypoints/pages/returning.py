"""Where people go on after they have logged in: back to the application's request, or nowhere."""

from urllib.parse import urlencode

from falcon.asgi import Request

from entrypoints.http.forms import parse_fields
from entrypoints.http.problems import Problem

AUTHORIZE = "/oauth2/authorize"
MAXIMUM_QUERY = 4096
"""Characters of a request, as they are carried from page to page.

Half of what Gunicorn can be let take in a line, so that what is longer gets a page as well.
"""


def query_to_keep(req: Request) -> str:
    """The present request's own query, spelled anew.

    Raises Problem 414 for one that is too long, and 400 as `parse_fields`.
    """
    query = urlencode(parse_fields(req.query_string))
    if len(query) > MAXIMUM_QUERY:
        raise Problem(414, "request_too_long", "The query is too long to be carried along.")
    return query


def query_kept(req: Request) -> str:
    """The application's request that this one carries along as its own query; empty if none.

    It only ever becomes the query of our own AUTHORIZE, so that it leads nowhere else. Raises
    Problem as `query_to_keep`.
    """
    query = query_to_keep(req)
    return query if "client_id" in dict(parse_fields(query)) else ""


def carrying(path: str, query: str) -> str:
    """The address of a page that carries this query along, which is no longer for it."""
    return f"{path}?{query}" if query else path
