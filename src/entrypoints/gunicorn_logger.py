"""Gunicorn's logger, made to write in the form of the application's log."""

import logging
from typing import Any

from gunicorn.glogging import Logger

from entrypoints import logs


class FormattedLogger(Logger):
    """Writes as `entrypoints.logs` does, where Gunicorn writes to a stream or a file."""

    error_log: logging.Logger

    def setup(self, cfg: Any) -> None:
        """Sets up what the settings ask for, at the start and at every reload."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setFormatter(logs.LineFormatter(handler.stream))
