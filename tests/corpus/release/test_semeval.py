import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems

FILE = """\
1	"The <e1>lid</e1> of a "tea" <e2>kettle</e2>."
Part-Whole(e1,e2)
Comment: 5 of them

2	"A <e1> crew </e1>, <e2>sailors</e2>"
Member-Group(e2,e1)
Comment:

3	"No <e1>tie</e1> of <e2>mine</e2>."
Other
"""
DOCUMENTS = [
    Document(
        "x.dev.1",
        'The lid of a "tea" kettle.',
        (Entity(4, 7, "lid", "Entity"), Entity(19, 25, "kettle", "Entity")),
        (Relation("Part-Whole", 0, 1),),
    ),
    Document(
        "x.dev.2",
        "A crew, sailors",
        (Entity(2, 6, "crew", "Entity"), Entity(8, 15, "sailors", "Entity")),
        (Relation("Member-Group", 1, 0),),
    ),
    Document("x.dev.3", "No tie of mine.", (Entity(3, 6, "tie", "Entity"), Entity(10, 14, "mine", "Entity"))),
]


@pytest.mark.parametrize("text", [FILE, "\ufeff" + FILE.replace("\n", "\r\n"), FILE.replace("\n", "\n\n")])
def test_sentences_and_their_relations(read_release, text):
    assert read_release("semeval", {"f": text}, none=["Other"]) == DOCUMENTS


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Part-Whole(e1,e2)\nComment: 5 of them\n", "", "f:1: no relation follows the sentence"),
        ("Other\n", "", "f:9: no relation follows the sentence"),
        ("Part-Whole(e1,e2)", "Part-Whole", "f:1: 'Part-Whole' is no relation; write LABEL"),
        ("(e1,e2)", "(e1,e1)", "f:1: .* is no relation"),
        ("</e1> of", " of", "f:1: there is no mention between <e1> and </e1>"),
        ("<e1>lid</e1>", "<e1> </e1>lid", "f:1: there is no mention between <e1>"),
        ("<e1>lid", "<e1>l<e1>id", "f:1: <e1> stands there twice"),
    ],
)
def test_a_bad_sentence_is_named_and_left_out(read_release, old, new, message):
    bad = FILE.replace(old, new, 1)
    with pytest.raises(InputError, match=message):
        read_release("semeval", {"f": bad}, none=["Other"])
    rest = read_release("semeval", {"f": bad}, none=["Other"], problems=Problems(1))
    assert len(rest) == 2 and all(document in DOCUMENTS for document in rest)


def test_an_empty_file_has_no_documents(read_release):
    assert read_release("semeval", {"f": ""}, none=["Other"]) == []
