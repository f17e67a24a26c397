"""Keys and tokens by joserfc."""
