"""What the server can do at all: a bare Falcon application, and a bare ASGI callable.

Both answer everything with what the protected resource answers; they run in Varvel's own
environment, under its Gunicorn with the same worker, loop and parser.
"""

from falcon.asgi import App

BODY = b'{"data": "Hello, miguel!"}\n'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(BODY)).encode()),
    ],
}
END = {"type": "http.response.body", "body": BODY}


class Hello:
    async def on_get(self, _req, resp):
        resp.data = BODY


falcon_app = App()
falcon_app.add_route("/", Hello())
falcon_app.add_route("/api/resource", Hello())


async def asgi_app(_scope, _receive, send):
    await send(START)
    await send(END)
