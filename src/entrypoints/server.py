"""The application as an ASGI server finds it: `entrypoints.server:app`."""

import os
import sys

from entrypoints import logs
from entrypoints.bootstrap import create_app
from entrypoints.settings import Settings, StartupError

logs.configure()
try:
    app = create_app(Settings.read(os.environ))
except StartupError as error:
    sys.exit(str(error))
