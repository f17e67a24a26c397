"""The log of the application: lines on standard output."""

import logging
import sys
import time


def configure() -> None:
    """Sends what the application logs, from INFO on, to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    line = logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s")
    # In UTC, since lines of several machines are read together.
    line.converter = time.gmtime
    line.default_time_format, line.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
    handler.setFormatter(line)
    log = logging.getLogger("varvel")
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
