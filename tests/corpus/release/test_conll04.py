import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems

CORPUS = """\
7	Peop	0	O	NNP/NNP	Ada/Bow	O	O	O
7	O	1	O	,	COMMA	O	O	O
7	O	2	O	IN	of/for	O	O	O
7	Loc	3	O	NNP/,/NNP	Veld/COMMA/Aro	O	O	O
7	O	4	O	-RRB-	-RRB-	O	O	O

0	3	Live_In

8	B-Org	0	O	NNP	Arvo	O	O	O


9	O	0	O	NN	none	O	O	O

"""
DOCUMENTS = [
    Document(
        "x.dev.7",
        "Ada Bow , of/for Veld , Aro )",
        (Entity(0, 7, "Ada Bow", "Peop"), Entity(17, 27, "Veld , Aro", "Loc")),
        (Relation("Live_In", 0, 1),),
    ),
    Document("x.dev.8", "Arvo", (Entity(0, 4, "Arvo", "Org"),)),
]


@pytest.mark.parametrize("corpus", [CORPUS, "\ufeff" + CORPUS.replace("\n", "\r\n")])
def test_the_sentences_of_a_list(read_release, corpus):
    assert read_release("conll04", {"conll04.corp": corpus, "dev.txt": "8\r\n7\n"}) == DOCUMENTS


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0	3	Live_In", "0	2	Live_In", "conll04.corp:7: 0 or 2 is no entity of the sentence"),
        ("0	3	Live_In", "0	x	Live_In", "conll04.corp:1: not of this form"),
        ("0	3	Live_In", "0	3", "conll04.corp:7: 2 columns; a word has nine and a relation three"),
        ("7	O	1	O	,	COMMA	O	O	O", "7	O	1	O", "conll04.corp:2: 4 columns"),
    ],
)
def test_a_bad_sentence_is_named_and_left_out(read_release, old, new, message):
    files = {"conll04.corp": CORPUS.replace(old, new), "dev.txt": "7\n8\n"}
    with pytest.raises(InputError, match=message):
        read_release("conll04", files)
    assert read_release("conll04", files, problems=Problems(1)) == DOCUMENTS[1:]


def test_a_number_without_sentence_is_told(read_release):
    files = {"conll04.corp": CORPUS, "dev.txt": "7\n10\n8\n"}
    with pytest.raises(InputError, match="dev.txt:2: there is no sentence '10' in .*conll04.corp"):
        read_release("conll04", files)
    assert read_release("conll04", files, problems=Problems(1)) == DOCUMENTS
