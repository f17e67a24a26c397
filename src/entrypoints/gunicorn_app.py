"""Gunicorn, started from within: the same as on its own command line with our settings file."""

from gunicorn.app.base import Application


class GunicornApplication(Application):
    """Serves `entrypoints.server:app` with the settings of `entrypoints.gunicorn_conf`."""

    def load_config(self) -> None:
        """Takes the settings file, and nothing from this program's own arguments."""
        self.load_config_from_module_name_or_filename("python:entrypoints.gunicorn_conf")

    def load(self) -> object:
        """The application."""
        from entrypoints.server import app

        return app
