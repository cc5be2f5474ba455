"""ACE: offsets count outside of tags, and sentences hold what is annotated in them."""

import re

import pytest

from kcjax.corpus.document import Argument, Entity, Event, Mention, Relation
from kcjax.corpus.release import Release, apf
from kcjax.errors import InputError
from kcjax.problems import Problems

SOURCE = """<DOC>
<DOCID> aro.1 </DOCID>
<BODY>
<HEADLINE>
Aro hired
</HEADLINE>
<TEXT>
A&amp;B hired Aro in
Riga. He left on Monday.
</TEXT>
</BODY>
</DOC>
"""


def charseq(said: str, nth: int = 0) -> str:
    """The element for a stretch of the source, which is found among what offsets count."""
    counted = apf._TAG.sub("", SOURCE)
    start = -1
    for _ in range(nth + 1):
        start = counted.index(said, start + 1)
    return f'<charseq START="{start}" END="{start + len(said) - 1}">{said}</charseq>'


def mention(id: str, said: str, nth: int = 0) -> str:
    return f'<entity_mention ID="{id}" TYPE="NAM"><extent>{charseq(said, nth)}</extent></entity_mention>'


def argument(id: str, role: str, said: str, nth: int = 0) -> str:
    return (
        f'<event_mention_argument REFID="{id}" ROLE="{role}"><extent>{charseq(said, nth)}</extent>'
        "</event_mention_argument>"
    )


def ends(first: str, second: str) -> str:
    return "".join(
        f'<relation_mention_argument REFID="{id}" ROLE="Arg-{number}"/>' for number, id in ((1, first), (2, second))
    )


ANNOTATION = f"""<?xml version="1.0"?>
<!DOCTYPE source_file SYSTEM "apf.v5.1.1.dtd">
<source_file><document DOCID="aro.1">
<entity ID="E1" TYPE="ORG">{mention("E1-1", "A&amp;B")}</entity>
<entity ID="E2" TYPE="PER">{mention("E2-1", "Aro", 1)}{mention("E2-2", "He")}{mention("E2-0", "Aro")}</entity>
<entity ID="E3" TYPE="GPE">{mention("E3-1", "Riga")}</entity>
<entity ID="E4" TYPE="PER">{mention("E4-1", "aro")}</entity>
<timex2 ID="T1"><timex2_mention ID="T1-1"><extent>{charseq("Monday")}</extent></timex2_mention></timex2>
<relation ID="R1" TYPE="ORG-AFF" SUBTYPE="Employment">
<relation_mention ID="R1-1">{ends("E2-1", "E1-1")}</relation_mention>
<relation_mention ID="R1-2">{ends("E2-2", "E1-1")}</relation_mention></relation>
<relation ID="R2" TYPE="METONYMY"><relation_mention ID="R2-1">{ends("E1-1", "E3-1")}</relation_mention></relation>
<event ID="V1" TYPE="Personnel" SUBTYPE="Start-Position"><event_mention ID="V1-1"><anchor>{charseq("hired", 1)}</anchor>
{argument("E2-1", "Person", "Aro", 1)}{argument("E2-2", "Person", "He")}{argument("T1-1", "Time-Within", "Monday")}
</event_mention></event>
</document></source_file>
"""


def write(folder, annotation=ANNOTATION, source=SOURCE, name="aro.1"):
    (folder / f"{name}.apf.xml").write_text(annotation)
    (folder / f"{name}.sgm").write_text(source, newline="")
    return folder / f"{name}.apf.xml"


def read(path, problems=None, **options):
    return list(apf.read([path], prefix="set.dev", problems=problems or Problems(), **options))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_document_is_cut_into_sentences(tmp_path, caplog, end):
    head, first, second = read(write(tmp_path, source=SOURCE.replace("\n", end)), unread=["METONYMY"])
    assert (head.id, head.text, head.entities) == ("set.dev.aro.1.0", "Aro hired", (Entity(0, 3, "Aro", "PER"),))
    assert first.text == "A&B hired Aro in Riga."
    people = (Entity(0, 3, "A&B", "ORG"), Entity(10, 13, "Aro", "PER"), Entity(17, 21, "Riga", "GPE"))
    assert first.entities == people and first.relations == (Relation("ORG-AFF", 1, 0),)
    aro = Argument(10, 13, "Aro", "Person")
    assert first.events == (Event("Personnel:Start-Position", Mention(4, 9, "hired"), (aro,)),)
    assert second.text == "He left on Monday." and second.entities == (Entity(0, 2, "He", "PER"),)
    for part in (
        "1 x argument outside of its event's sentence",
        "1 x argument that is a time or value",
        "1 x entity across sentences",  # what stands before the headline
        "1 x relation across sentences",
        "1 x relation of type METONYMY",
    ):
        assert part in caplog.text


def test_options_say_what_is_read(tmp_path):
    path = write(tmp_path)
    documents = read(path, entities_only=True)
    assert len(documents) == 3 and not any(d.relations or d.events for d in documents)
    assert [r.type for d in read(path, relations="SUBTYPE") for r in d.relations] == ["Employment", "METONYMY"]


def test_escapes_in_capitals_count_and_blanks_are_of_no_mention(tmp_path):
    source = SOURCE.replace("&amp;", "&AMP;")
    annotation = ANNOTATION.replace(charseq("Riga"), charseq("\nRiga"))
    _, first, _ = read(write(tmp_path, annotation, source), unread=["METONYMY"])
    assert [first.text[e.start : e.end] for e in first.entities] == ["A&B", "Aro", "Riga"]


def test_an_end_may_count_an_escape_as_one_character(tmp_path):
    """As the field's scripts have it, which take the length from what is said."""
    start, end = map(int, re.findall(r"\d+", charseq("A&amp;B"))[:2])
    annotation = ANNOTATION.replace(f'START="{start}" END="{end}"', f'START="{start}" END="{end - 4}"')
    assert annotation != ANNOTATION and read(write(tmp_path, annotation)) == read(write(tmp_path))


def test_relations_of_2004_have_names_of_their_own(tmp_path):
    old = ANNOTATION.replace("relation_mention_argument", "rel_mention_arg").replace('ROLE="Arg-', 'ARGNUM="')
    old = old.replace('rel_mention_arg REFID="', 'rel_mention_arg ENTITYMENTIONID="')
    assert read(write(tmp_path, old)) == read(write(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('REFID="E2-1" ROLE="Arg-1"', 'REFID="E9" ROLE="Arg-1"', "there is no entity mention 'E9'"),
        ('ROLE="Arg-1"', 'ROLE="Time"', "relation R1-1 has not two ends"),
        (">Riga<", ">Rome<", "the extent of E3-1 is 'Rome', but the text has 'Riga' there"),
        ('END="', 'END="9', "the extent of E1-1 is .* but the text has"),
        ('START="', 'START="x', "the extent of E1-1 has no whole numbers"),
        ("anchor>", "head>", "the anchor of V1-1 is missing"),
        ("</source_file>", "", "not well-formed XML"),
        ("<!DOCTYPE source_file", '<!DOCTYPE s [<!ENTITY a "b">]><!DOCTYPE source_file', "defines entities"),
    ],
)
def test_what_does_not_fit_is_one_problem(tmp_path, old, new, message):
    path, problems = write(tmp_path, ANNOTATION.replace(old, new)), Problems(tolerated=1, quiet=True)
    with pytest.raises(InputError, match=rf"aro\.1\.apf\.xml: {message}"):
        read(path)
    assert read(path, problems) == [] and problems.count == 1


def test_the_source_must_be_there_and_have_a_text(tmp_path):
    with pytest.raises(InputError, match=r"aro\.1\.sgm: there is no <TEXT> in the file"):
        read(write(tmp_path, source="<DOC></DOC>"))
    (tmp_path / "aro.1.sgm").unlink()
    with pytest.raises(InputError, match=r"aro\.1\.sgm: no such file"):
        read(tmp_path / "aro.1.apf.xml")


def test_lists_name_documents_that_have_dots_in_their_names(tmp_path):
    for name in ("aro.1", "aro.2"):
        write(tmp_path, name=name)
    (tmp_path / "dev.txt").write_text("nwire/aro.2\n\n")
    release = Release("apf", {"dev": ["*.apf.xml"]}, "somewhere", "documentation", {"dev": "dev.txt"})
    assert release.paths(tmp_path, "dev") == [tmp_path / "aro.2.apf.xml"]
    assert next(iter(release.read(tmp_path, "dev", name="set", problems=Problems()))).id == "set.dev.aro.2.0"
    (tmp_path / "dev.txt").write_text("aro.3\n")
    with pytest.raises(InputError, match=r"dev\.txt:1: there is no document 'aro\.3' in .*; near it: aro\.[12]"):
        release.paths(tmp_path, "dev")
