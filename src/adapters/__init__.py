"""The domain's ports, implemented: one technology to a module."""
