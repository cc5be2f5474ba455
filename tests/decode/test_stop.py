from hypothesis import given
from hypothesis import strategies as st

from kcjax.decode.stop import RESPONSE_ENDS, stop_table

PIECES = [
    b"",
    b"",
    b"\n",
    b"]",
    b"\n]",
    b"[",
    b"[]",
    b"results",
    b" = ",
    b'"',
    b'""',
    b'"""',
    b"x",
    b"\n\t",
    b"]\n",
    b'"x',
]


class Tokenizer:
    bos_id, eos_id, vocab_size = 0, 1, len(PIECES)

    def token_bytes(self, id: int) -> bytes:
        return PIECES[id]


TABLE = stop_table(Tokenizer(), RESPONSE_ENDS)
STOP = len(TABLE) - 1


@given(st.lists(st.integers(2, len(PIECES) - 1), max_size=25))
def test_it_stops_with_the_token_that_completes_a_string_and_not_before(tokens):
    state, text = 0, b""
    for token in tokens:
        state = TABLE[state, token]
        text += PIECES[token]
        assert (state == STOP) == any(end.encode() in text for end in RESPONSE_ENDS)


def test_end_of_text_stops_from_every_state():
    assert (TABLE[:, Tokenizer.eos_id] == STOP).all()


def test_stopped_stays_stopped():
    assert (TABLE[STOP] == STOP).all()


def test_without_strings_only_the_end_of_text_stops():
    table = stop_table(Tokenizer(), ())
    assert table.shape == (2, 16) and (table[0] == 1).nonzero()[0].tolist() == [Tokenizer.eos_id]
