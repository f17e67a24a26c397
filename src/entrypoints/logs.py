"""The log of the application: lines on standard output."""

import logging
import sys


def configure() -> None:
    """Sends what the application logs, from INFO on, to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    log = logging.getLogger("varvel")
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
