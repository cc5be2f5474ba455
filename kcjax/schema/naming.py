"""Labels made Python identifiers, each taken once."""

import builtins
import keyword
import re
import unicodedata

from kcjax.schema.code import RESERVED_ROLES
from kcjax.schema.types import BASE_CLASSES

# What a type must not be called: its module would lose what it needs, or a reader would take it for something else.
RESERVED = frozenset([*BASE_CLASSES, "List", *(name for name in dir(builtins)), *keyword.kwlist])
_ASCII_WORD = re.compile("[A-Za-z0-9]+")
_APOSTROPHES = re.compile("['’ʼ]")


def class_name(label: str) -> str:
    """`association football club` as `AssociationFootballClub`; "" if the label has nothing that a name can have."""
    name = "".join(word[0].upper() + word[1:] for word in _words(label))
    return _identifier(name)


def role_name(label: str) -> str:
    """`Place of birth` as `place_of_birth`; "" if the label has nothing that a name can have."""
    name = _identifier("_".join(_words(label)).lower())
    if name.startswith("_"):  # a digit follows; pydantic has no field that begins so
        name = f"role{name}"
    return name + "_" if keyword.iskeyword(name) or name in RESERVED_ROLES else name


def _words(label: str) -> list[str]:
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", label))
    if text.isascii():  # nearly all labels, and ten times faster
        return _ASCII_WORD.findall(text)
    return "".join(char if f"_{char}".isidentifier() and char != "_" else " " for char in text).split()


def _identifier(name: str) -> str:
    name = unicodedata.normalize("NFKC", name)  # joining or casing may have made something that composes
    return name if not name or name.isidentifier() else f"_{name}"


class Names:
    """Gives each type a class name of its own; who asks first gets the plain one."""

    def __init__(self) -> None:
        self.kinds = dict.fromkeys(RESERVED, "Python")  # of the names taken
        self.suffixed = 0

    def take(self, label: str, *, kind: str, identifier: str) -> str:
        """`Director` for the first, `DirectorRelation` where another kind (or Python) has that, else `Director_Q57`
        or `DirectorRelation_P57`, and `Director_Q57_2` where that is taken as well."""
        plain = class_name(label)
        wanted = [plain] if plain else []
        if self.kinds.get(plain, kind) != kind:
            wanted.append(plain + kind)
        name = next((name for name in wanted if name not in self.kinds), "")
        if not name:
            suffix = re.sub(r"[^a-zA-Z0-9]", "_", identifier)
            name = unique = f"{wanted[-1] if wanted else ''}_{suffix}"
            number = 2
            while name in self.kinds:
                name, number = f"{unique}_{number}", number + 1
        self.suffixed += name != plain
        self.kinds[name] = kind
        return name
