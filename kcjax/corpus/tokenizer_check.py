"""Whether two tokenizers give the same tokens for what kcjax writes and reads: code, and sentences in it."""

from pathlib import Path

from kcjax.corpus.tokenizer import JsonTokenizer, SentencePieceTokenizer, Tokenizer

CODE_TEXTS = (
    'class Ship(Entity):\n\t"""\n\tDescription: a vessel with a name\n\tExamples: Vega, the "Orion"\n\t"""\n\tpass\n',
    "class Relation:\n\tdef __init__(self, head_entity: str, tail_entity: str):\n\t\tself.head_entity = head_entity\n",
    'sentence = "The ferry \\"Orion\\" left Bergen at 6:45, 12 km  north of Åse’s pier."\n',
    'results = [\n\tShip("Orion"),\n\tCity("Bergen")\n]\n',
    "\t\tself.x2_y = {\"a\": [1, 2.5e-3], 'b': None}  # TODO: æøå – 東京 🚢\r\n",
    "    def f(self):\n        return x  ==  y\n\n\n",
    " leading and trailing spaces  ",
    "▁marks <s> and </s>, [INST] or <unk> stay text",
)


def difference(one: Tokenizer, other: Tokenizer) -> str | None:
    """Where two tokenizers of the same ids give other tokens for code, first of all; None if nowhere."""
    for text in CODE_TEXTS:
        for at_start in (True, False):
            a, b = (tokenizer.encode(text, at_start=at_start) for tokenizer in (one, other))
            if a != b:
                same = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
                before = one.decode(a[:same], at_start=at_start)
                rest = text.removeprefix(before)[:20]
                return f"after {before[-20:]!r}, {rest!r} is {_shown(one, a[same:])} and {_shown(other, b[same:])}"
    return None


def _shown(tokenizer: Tokenizer, ids: list[int]) -> str:
    return " ".join(f"{id}:{tokenizer.token_bytes(id).decode(errors='replace')!r}" for id in ids[:3]) or "nothing"


def first_difference(directory: Path) -> str | None:
    """What `tokenizer.json` and `tokenizer.model` of one directory do not agree on; None if they agree."""
    found = difference(JsonTokenizer(directory), SentencePieceTokenizer(directory))
    return found and f"tokenizer.json and tokenizer.model differ: {found}"
