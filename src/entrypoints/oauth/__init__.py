"""OAuth 2.1 for other applications: Authlib on Falcon."""
