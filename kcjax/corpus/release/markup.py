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


def text_and_marks(element: ElementTree.Element) -> tuple[str, list[tuple[int, int, ElementTree.Element]]]:
    """The text within an element, and (start, end, element) of the elements in it, in the order they end."""
    pieces, marks, length = [element.text or ""], [], len(element.text or "")
    opened = [(element, 0, iter(element))]  # a list and no recursion, for somebody's elements may nest deeply
    while opened:
        outer, start, inner = opened[-1]
        child = next(inner, None)
        if child is not None:
            opened.append((child, length, iter(child)))
            text = child.text or ""
        else:
            opened.pop()
            marks.append((start, length, outer))
            text = outer.tail or "" if opened else ""
        pieces.append(text)
        length += len(text)
    return "".join(pieces), marks[:-1]
