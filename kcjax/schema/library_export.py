"""A library as three modules that Python imports: Entities.py, Relations.py and Events.py."""

import dataclasses
import os
from collections.abc import Iterable

from kcjax.files import atomic_directory
from kcjax.schema.code import ENTITY_BASE, EVENT_ARGUMENTS_BASE, RELATION_BASE, definition, referenced
from kcjax.schema.library import KINDS, SchemaLibrary
from kcjax.schema.taxonomy import bases
from kcjax.schema.types import AnyType

_MODULES = {"entity": "Entities", "relation": "Relations", "event": "Events"}
_BASES = {"entity": ENTITY_BASE, "relation": RELATION_BASE, "event": EVENT_ARGUMENTS_BASE}


def export_library(library: SchemaLibrary, folder: str | os.PathLike) -> dict[str, int]:
    """Writes the modules, all or none, and returns how many classes each has.

    Parents stand before their children, so that the modules import as they are; `parse_schema` reads each, too. A few
    classes name ancestors besides their parents, where Python takes no less (see `bases`).

    Raises:
      InputError: something stands at `folder` already.
    """
    counts = {}
    with atomic_directory(folder) as partial:
        for kind in KINDS:
            types = _importable(list(library.types(kind)))
            named = {"Entity", *(name for made in types for name in referenced(made))}
            header = [] if kind == "entity" else ["from typing import List", "", _import(named)]
            blocks = ["\n".join(header)] if header else []
            blocks += [_BASES[kind], *(definition(made, members=True) for made in types)]
            (partial / f"{_MODULES[kind]}.py").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
            counts[_MODULES[kind]] = len(types)
    return counts


def _import(names: Iterable[str]) -> str:
    return "from Entities import (\n" + "".join(f"\t{name},\n" for name in sorted(names)) + ")"


def _importable(types: list[AnyType]) -> list[AnyType]:
    place = {made.name: number for number, made in enumerate(types)}
    parents = [[place[name] for name in made.parents if name in place] for made in types]
    return [
        made if named == own else dataclasses.replace(made, parents=tuple(types[n].name for n in named))
        for made, own, named in zip(types, parents, bases(parents), strict=True)
    ]
