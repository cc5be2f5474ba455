"""Where a tokenizer's tokens must end, whatever stands around a text: what lets a span's tokens be put together.

Byte-pair encoding merges neighbours only into tokens of the vocabulary. So a place in a text that no token of the
vocabulary could lie across parts the tokens of whatever text holds it (a *cut*), and texts may be tokenised in parts.
"""

from collections.abc import Iterable

from kcjax.corpus.tokenizer import Tokenizer

QUOTE = ord('"')
_CACHE_SIZE = 200_000


class Vocabulary:
    """A tokenizer's tokens as bytes, with a memory for the short texts that come again and again."""

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.bytes_of = [tokenizer.token_bytes(token) for token in range(tokenizer.vocab_size)]
        self._tokens = {piece for piece in self.bytes_of if len(piece) > 1}
        self._beginnings = {piece[:n] for piece in self._tokens for n in range(1, len(piece))}
        self._before_quote = {piece[:at] for piece in self._tokens for at in range(1, len(piece)) if piece[at] == QUOTE}
        self._longest_before_quote = max(map(len, self._before_quote), default=0)
        self._encoded: dict[str, tuple[int, ...]] = {}

    def reach(self, text: bytes, start: int) -> int:
        """Where the longest token that begins at a byte and agrees with the text ends."""
        longest, stop = start + 1, start + 2
        while stop <= len(text):
            piece = text[start:stop]
            if piece in self._tokens:
                longest = stop
            if piece not in self._beginnings:
                break
            stop += 1
        return longest

    def cuts(self, text: bytes) -> list[int]:
        """The cuts of a text, in bytes, its two ends included; only between characters."""
        cuts, farthest = [], 0
        for at, byte in enumerate(text):
            if farthest <= at and byte & 0xC0 != 0x80:
                cuts.append(at)
            farthest = max(farthest, self.reach(text, at))
        return [*cuts, len(text)]

    def joined_to_quote(self, text: bytes) -> int:
        """How many bytes at the end of a text a token could take in together with a quote after it."""
        for size in range(min(self._longest_before_quote, len(text)), 0, -1):
            if text[-size:] in self._before_quote:
                return size
        return 0

    def encode(self, text: str) -> tuple[int, ...]:
        if text not in self._encoded:
            self.remember([text])
        return self._encoded[text]

    def remember(self, texts: Iterable[str]) -> None:
        """Tokenises those of the texts that are new in one go."""
        new = [text for text in dict.fromkeys(texts) if text not in self._encoded]
        if not new:
            return
        if len(self._encoded) + len(new) > _CACHE_SIZE:
            self._encoded.clear()
        self._encoded.update(zip(new, map(tuple, self.tokenizer.encode_batch(new)), strict=True))
