"""The HTTP entrypoint, by Falcon."""
