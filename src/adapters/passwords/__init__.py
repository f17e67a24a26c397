"""Password hashes: argon2id for all, and a look at what older schemes left."""

from adapters.passwords.argon2 import Argon2PasswordHasher
from adapters.passwords.background import BackgroundPasswordHasher
from adapters.passwords.older import OlderSchemes

__all__ = ["Argon2PasswordHasher", "BackgroundPasswordHasher", "OlderSchemes"]
