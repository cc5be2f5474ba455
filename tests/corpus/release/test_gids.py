import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems

FILE = """\
/m/1	/m/2	Ada_Bow	Veld,_Oz	/born	Veld. Ada_Bow came_from Veld,_Oz in 1900. ###END### 
/m/1	/m/2	Al_	A	NA	An Al_ at A . ###END###
/m/1	/m/2	Ed_Ray	Aro	/born	By (Ed_Ray), of Aro
"""
DOCUMENTS = [
    Document(
        "x.dev.0",
        "Veld. Ada Bow came_from Veld, Oz in 1900.",
        (Entity(6, 13, "Ada Bow", "Entity"), Entity(24, 32, "Veld, Oz", "Entity")),
        (Relation("/born", 0, 1),),
    ),
    Document("x.dev.1", "An Al_ at A .", (Entity(3, 5, "Al", "Entity"), Entity(10, 11, "A", "Entity"))),
    Document(
        "x.dev.2",
        "By (Ed Ray), of Aro",
        (Entity(4, 10, "Ed Ray", "Entity"), Entity(16, 19, "Aro", "Entity")),
        (Relation("/born", 0, 1),),
    ),
]


@pytest.mark.parametrize("text", [FILE, "\ufeff" + FILE.replace("\n", "\r\n")])
def test_passages_with_their_two_mentions(read_release, text):
    assert read_release("gids", {"dev.tsv": text}) == DOCUMENTS


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("/m/2	Al_", "Al_", "dev.tsv:2: 5 columns instead of six"),
        ("Al_	A	", "Al_	B	", "dev.tsv:2: 'B' does not stand in the passage"),
        ("Al_	A	", "__	A	", "dev.tsv:2: '__' does not stand in the passage"),
        ("Al_	A	", "	A	", "dev.tsv:2: '' does not stand in the passage"),
    ],
)
def test_a_bad_line_is_named_and_left_out(read_release, old, new, message):
    files = {"dev.tsv": FILE.replace(old, new)}
    with pytest.raises(InputError, match=message):
        read_release("gids", files)
    assert read_release("gids", files, problems=Problems(1)) == [DOCUMENTS[0], DOCUMENTS[2]]
