"""Where people go on after they have logged in: back to the application's request, or nowhere."""

from urllib.parse import urlencode

from falcon.asgi import Request

from entrypoints.http.forms import once, parse_fields

AUTHORIZE = "/oauth2/authorize"
PARAMETER = "next"


def query_to_keep(req: Request) -> str:
    """The present request's own query, spelled anew. Raises Problem 400 as `parse_fields`."""
    return urlencode(parse_fields(req.query_string))


def query_kept(req: Request) -> str:
    """The query that the request carries along, spelled anew; empty if it carries none.

    It only ever becomes the query of our own AUTHORIZE, so that it leads nowhere else. Raises
    Problem 400 as `parse_fields` and `once`.
    """
    carried = once(parse_fields(req.query_string)).get(PARAMETER, "")
    return urlencode(parse_fields(carried))


def carrying(path: str, query: str) -> str:
    """The address of a page that carries this query along."""
    return f"{path}?{urlencode({PARAMETER: query})}" if query else path
