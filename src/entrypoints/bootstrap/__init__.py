"""The composition root: which adapter serves which port, read from top to bottom."""

from entrypoints.bootstrap.administration import administration, backups, restoration
from entrypoints.bootstrap.services import build, create_app
from entrypoints.bootstrap.startup import Inspection, inspect, migrate, prepare

__all__ = [
    "Inspection",
    "administration",
    "backups",
    "build",
    "create_app",
    "inspect",
    "migrate",
    "prepare",
    "restoration",
]
