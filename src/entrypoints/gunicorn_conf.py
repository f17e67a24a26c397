"""Gunicorn's settings: `gunicorn -c python:entrypoints.gunicorn_conf entrypoints.server:app`."""

import gc
import os
import sys
from multiprocessing import get_context

from entrypoints.settings import LogLevel, Settings, StartupError

try:
    _settings = Settings.read(os.environ)
except StartupError as error:
    sys.exit(str(error))

bind = [_settings.bind]
workers = _settings.workers
worker_class = "entrypoints.gunicorn_worker.DrainingWorker"
asgi_loop = "uvloop"
asgi_lifespan = "on"
http_parser = "fast"
preload_app = True
keepalive = 5
# As much as Gunicorn can be let take: applications send people here with long addresses.
limit_request_line = 8190
graceful_timeout = 30
# Nobody but the peer itself is believed about the scheme or address of a request.
forwarded_allow_ips = ""
# It would listen in the home directory for commands that nobody sends.
control_socket_disable = True
logger_class = "entrypoints.gunicorn_logger.FormattedLogger"
# On its debug level Gunicorn would write the path of every request.
loglevel = "info" if _settings.log_level is LogLevel.DEBUG else _settings.log_level.value
# Gunicorn's own access log would hold the user names of HTTP Basic, and so the tokens.
# It stays off only as long as no logconfig is set either.
accesslog = None

if _settings.metrics_bind is not None:
    from entrypoints.metrics_server import MetricsServer

    # Before the application is loaded: that decides how its metrics are kept.
    _metrics = MetricsServer(*_settings.metrics_bind)
    when_ready = _metrics.when_ready
    post_fork = _metrics.post_fork
    child_exit = _metrics.child_exit


def on_starting(_server: object) -> None:
    """Brings the embedded database up to date before any worker opens it."""
    # In a process of its own, so that what only a migration loads stays out of the master's memory.
    preparation = get_context("fork").Process(target=_prepare)
    preparation.start()
    preparation.join()
    if preparation.exitcode:
        sys.exit(1)


def pre_fork(_server: object, _worker: object) -> None:
    """Keeps what is loaded by now out of the workers' garbage collections.

    Those would write to all of it, and so copy what workers share.
    """
    gc.freeze()


def _prepare() -> None:
    from entrypoints.bootstrap import prepare

    try:
        prepare(_settings)
    except StartupError as error:
        sys.exit(str(error))
