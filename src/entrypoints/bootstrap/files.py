"""The files that users come from and go to; loaded for the commands that need them."""

from adapters.user_files import FORMATS, UserFile, write

__all__ = ["FORMATS", "UserFile", "write"]
