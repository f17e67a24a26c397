"""What Varvel is about: users, passwords, tokens and keys, in pure Python."""
