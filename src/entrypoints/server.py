"""The application as an ASGI server finds it: `entrypoints.server:app`."""

import os
import sys

from entrypoints import logs
from entrypoints.bootstrap import create_app
from entrypoints.settings import Settings, StartupError

try:
    _settings = Settings.read(os.environ)
    logs.configure(_settings.log_level)
    app = create_app(_settings)
except StartupError as error:
    sys.exit(str(error))
