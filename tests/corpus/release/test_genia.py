from xml.etree import ElementTree

import pytest

from kcjax.corpus.document import Entity
from kcjax.corpus.release import genia
from kcjax.errors import InputError
from kcjax.problems import Problems

CORPUS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE set SYSTEM "gpml.dtd">
<set>
<article><articleinfo><bibliomisc>MEDLINE:7</bibliomisc></articleinfo>
<title><sentence>The <cons lex="Aro_gene" sem="G#DNA_domain_or_region"><cons lex="Aro" sem="G#protein_molecule">Aro
</cons>gene</cons> in<cons lex="T_cell" sem="G#cell_type"> T cells</cons>.</sentence></title>
<abstract><sentence> <cons lex="x" sem="G#other_name"><cons sem="G#RNA_N/A">aro RNA</cons> decay</cons> of
<cons lex="(AND a_chain b_chain)" sem="(AND G#protein_subunit G#protein_subunit)"><cons lex="a*">a</cons> and
<cons lex="b*">b</cons> <cons lex="*chain">chains</cons></cons>
</sentence></abstract></article>
<article><articleinfo><bibliomisc>MEDLINE:8</bibliomisc></articleinfo>
<title><sentence>A &lt; B.</sentence></title></article>
</set>
"""


def read(tmp_path, corpus=CORPUS, listing="MEDLINE:8\nMEDLINE:7\n", problems=None):
    (tmp_path / "c.xml").write_text(corpus)
    (tmp_path / "l.txt").write_text(listing)
    paths = [tmp_path / "c.xml", tmp_path / "l.txt"]
    return list(genia.read(paths, prefix="set.dev", problems=problems or Problems()))


def test_articles_of_the_list_are_read_with_terms_that_nest(tmp_path, caplog):
    eight, title, abstract = read(tmp_path)
    assert (eight.id, eight.text, eight.entities) == ("set.dev.8.0", "A < B.", ())
    assert (title.id, title.text) == ("set.dev.7.0", "The Aro\ngene in T cells.")
    assert title.entities == (
        Entity(4, 12, "Aro\ngene", "DNA"),
        Entity(4, 7, "Aro", "protein"),
        Entity(16, 23, "T cells", "cell_type"),
    )
    assert abstract.text == "aro RNA decay of\na and\nb chains"
    assert abstract.entities == (Entity(0, 7, "aro RNA", "RNA"),)
    assert "left out: 1 x term of another class; 1 x term whose words are shared" in caplog.text


def test_what_is_no_corpus_is_told(tmp_path):
    problems = Problems(tolerated=1, quiet=True)
    assert [d.id for d in read(tmp_path, listing="\n9\n8\n", problems=problems)] == ["set.dev.8.0"]
    for corpus, listing, message in (
        (CORPUS, "MEDLINE:9", r"l\.txt:1: .*c\.xml has no article 'MEDLINE:9'"),
        (CORPUS.replace("</set>", ""), "", r"c\.xml: not well-formed XML"),
        (CORPUS.replace("<set>", '<!DOCTYPE set [<!ENTITY a "b">]><set>'), "", r"c\.xml: defines entities"),
        ("<set/>", "", r"c\.xml: no <article> in the file"),
        ("", "", r"c\.xml: not well-formed XML"),
    ):
        with pytest.raises(InputError, match=message):
            read(tmp_path, corpus, listing)


def test_elements_may_nest_deeply(tmp_path):
    deep = ElementTree.fromstring("<s>" + "<cons>" * 5000 + "x" + "</cons>" * 5000 + "</s>")
    text, marks = genia.text_and_marks(deep)
    assert text == "x" and len(marks) == 5000
