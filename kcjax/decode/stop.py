"""When to stop: strings, recognised on the device whatever tokens they are spelled with."""

from collections.abc import Sequence

import numpy as np

from kcjax.corpus.tokenizer import Tokenizer

# A closed list, an empty one, or the triple quote at which the paper's inference stops (METHOD section 6).
RESPONSE_ENDS = ("\n]", "results = []", '"""')


def stop_table(tokenizer: Tokenizer, strings: Sequence[str]) -> np.ndarray:
    """An automaton over tokens, `[states, vocab_size]` int16: `state = table[state, token]`, from state 0.

    The last state means stop. It is reached by `<eos>` and by any token that completes one of `strings`, in UTF-8
    bytes (Aho and Corasick, 1975).
    """
    patterns = [string.encode() for string in strings]
    nodes = sorted({p[:n] for p in patterns for n in range(len(p))} | {b""}, key=len)
    stop = len(nodes)
    step = np.zeros((stop + 1, 257), np.int16)  # byte 256 pads, and moves nothing
    step[:, 256] = np.arange(stop + 1)
    step[stop] = stop
    for state, seen in enumerate(nodes):
        for byte in range(256):
            text = seen + bytes([byte])
            if any(text.endswith(pattern) for pattern in patterns):
                step[state, byte] = stop
            else:
                step[state, byte] = next(nodes.index(text[i:]) for i in range(len(text) + 1) if text[i:] in nodes)
    pieces = [tokenizer.token_bytes(token) for token in range(tokenizer.vocab_size)]
    spelled = np.full((len(pieces), max(map(len, pieces))), 256, np.int16)
    for token, piece in enumerate(pieces):
        spelled[token, : len(piece)] = np.frombuffer(piece, np.uint8)
    table = np.repeat(np.arange(stop + 1, dtype=np.int16)[:, None], len(pieces), axis=1)
    for position in range(spelled.shape[1]):
        table = step[table, spelled[:, position]]
    table[:, tokenizer.eos_id] = stop
    return table
