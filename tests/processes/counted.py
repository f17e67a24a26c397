"""An application that tells what its worker holds: connections, and objects that are collected."""

import gc
import json

from falcon.asgi import App, Request, Response
from gunicorn.asgi.protocol import ASGIProtocol


class Counts:
    async def on_get(self, _req: Request, resp: Response) -> None:
        gc.collect()
        found = gc.get_objects()
        counts = {
            "connections": sum(isinstance(each, ASGIProtocol) for each in found),
            "collected": len(found),
            "frozen": gc.get_freeze_count(),
        }
        resp.data = json.dumps(counts).encode()


app: App[Request, Response] = App()
app.add_route("/", Counts())
