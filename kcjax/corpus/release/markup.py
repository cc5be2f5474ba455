"""Annotation files in XML, which are somebody else's: nothing in them is fetched or expanded."""

from pathlib import Path
from xml.etree import ElementTree

from kcjax.corpus.release.lines import whole_text
from kcjax.errors import InputError


def parsed(path: Path) -> ElementTree.Element:
    """The root of an XML file.

    Raises:
      InputError: the file is missing, not well formed, or defines entities of its own, which can grow without bounds.
    """
    text = whole_text(path)
    if "<!ENTITY" in text:
        raise InputError(f"{path}: defines entities (<!ENTITY), which are not expanded; remove the definitions")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(f"{path}: not well-formed XML: {error}; take the file anew from its source") from error
