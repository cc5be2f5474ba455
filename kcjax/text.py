"""When two stretches of text are the same name."""

import unicodedata


def mention_key(text: str) -> str:
    """Equal for mentions that differ in case, spaces or the way their characters are encoded alone."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
