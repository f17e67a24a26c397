"""In-memory adapters that honour the same contracts as the real ones."""
