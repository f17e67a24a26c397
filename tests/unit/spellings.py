"""Other ways to write the same name."""

ASCII_TO_WIDE = 0xFEE0


def wide(text: str) -> str:
    """The full-width forms of these ASCII characters, which RFC 8265 maps back for user names."""
    return "".join(chr(ord(character) + ASCII_TO_WIDE) for character in text)
