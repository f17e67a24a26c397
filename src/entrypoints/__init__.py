"""Everything that drives the domain: HTTP, the command line, the server."""
