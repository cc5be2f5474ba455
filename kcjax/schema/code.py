"""Types written as Python classes, the same bytes every time (paper section 3.1; golden texts in tests/golden).

Whatever the types hold, the code is valid Python, and `parse_schema` of `kcjax.schema.source` reads them back from it.
"""

import dataclasses
import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal

from kcjax.errors import InputError
from kcjax.schema.types import BASE_CLASSES, CLEANUPS, AnyType, EntityType, EventType, RelationType, Schema

Form = Literal["typed", "untyped", "detection"]
_BASE_OF: dict[type, str] = {EntityType: "Entity", RelationType: "Relation", EventType: "Event"}
RESERVED_ROLES = ("self", "trigger")


@dataclasses.dataclass(frozen=True)
class Style:
    """How schema, prompts and responses are written. `KNOWCODER` has the quirks of the authors' released files."""

    after_examples: str = ""
    argument: str = "{name}: List[{types}],"
    some: str = "some"
    escape: bool = True


KCJAX = Style()
KNOWCODER = Style(after_examples=", ", argument="{name}: List[ {types} ], ", some="Some", escape=False)

ENTITY_BASE = '''class Entity:
	"""
	The base class for all entities.
	"""
	def __init__(self, name: str):
		self.name = name'''

RELATION_BASE = '''class Relation:
	"""
	The base class for all relations.
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		self.head_entity = head_entity
		self.tail_entity = tail_entity'''

EVENT_DETECTION_BASE = '''class Event:
	"""
	The base class for all events.
	"""
	def __init__(self, trigger: str, arg_names, *args):
		self.trigger = trigger
		self.arguments = {}
		for arg_name, arg_values in zip(arg_names, args):
			self.arguments[arg_name] = arg_values'''

EVENT_ARGUMENTS_BASE = '''class Event:
	"""
	The base class for all events.
	"""
	def __init__(self, trigger: str):
		self.trigger = trigger'''

_SPECIAL = re.compile('["\\\\\x00-\x1f\x7f\ud800-\udfff]')
_UNPRINTABLE = re.compile("[\\\\\x00-\x1f\x7f\ud800-\udfff]")
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    return _SHORT.get(char) or (f"\\x{ord(char):02x}" if ord(char) < 0x80 else f"\\u{ord(char):04x}")


def quoted(text: str, *, style: Style = KCJAX) -> str:
    """`text` as a Python string literal in double quotes: backslash, quote, control characters and lone surrogates
    are escaped, everything else stays as it is."""
    return f'"{_SPECIAL.sub(_escaped, text) if style.escape else text}"'


def imports(module: str, names: Iterable[str]) -> str:
    """The line that imports `names`, sorted: `from Entities import City, Person`."""
    return f"from {module} import {', '.join(sorted(set(names)))}"


def check_name(name: str, what: str) -> None:
    """Raises `InputError` unless Python reads `name` back as that very identifier."""
    if not name.isidentifier() or keyword.iskeyword(name) or unicodedata.normalize("NFKC", name) != name:
        raise InputError(f"{what} {name!r} is not a Python identifier; rename it to letters, digits and _ (CamelCase)")


def referenced(type: AnyType) -> tuple[str, ...]:
    """The entity types that a relation's ends or an event's roles name; none for an entity type."""
    if isinstance(type, RelationType):
        return (*type.head, *type.tail)
    if isinstance(type, EventType):
        return tuple(name for role in type.roles for name in role.types)
    return ()


def check_type(type: AnyType) -> None:
    """Raises `InputError` unless the type can be written as a class: names are identifiers, none is reserved."""
    check_name(type.name, "the class name")
    if type.name in BASE_CLASSES:
        raise InputError(f"the class name {type.name!r} is that of a base class; rename the type")
    for name in type.parents:
        check_name(name, f"{type.name}: the parent")
    for name in referenced(type):
        check_name(name, f"{type.name}: the entity type")
    for name in type.cleanups:
        if _BASE_OF[type.__class__] not in CLEANUPS.get(name, ()) or type.cleanups.count(name) > 1:
            known = ", ".join(name for name, kinds in CLEANUPS.items() if _BASE_OF[type.__class__] in kinds)
            raise InputError(
                f"{type.name}: the clean-up {name!r} is unknown to its kind, or named twice; known: {known}"
            )
    if isinstance(type, RelationType) and not (type.head and type.tail):
        raise InputError(f"{type.name}: head and tail need an entity type each; write Entity for any")
    if isinstance(type, EventType):
        names = [role.name for role in type.roles]
        for role in type.roles:
            check_name(role.name, f"{type.name}: the role")
            if role.name in RESERVED_ROLES or names.count(role.name) > 1 or not role.types:
                raise InputError(
                    f"{type.name}: the role {role.name!r} is reserved, named twice or has no entity type; mend it"
                )


def check_schema(schema: Schema) -> None:
    """Raises `InputError` unless the types can be written as one schema and read back as they are: each name is there
    once, parents are of the type's kind as far as the schema has them, and no class is its own ancestor."""
    kinds: dict[str, str] = dict(zip(BASE_CLASSES, BASE_CLASSES, strict=True))
    types: list[AnyType] = [*schema.entities, *schema.relations, *schema.events]
    for type in types:
        check_type(type)
        if type.name in kinds:
            raise InputError(f"the type {type.name} is defined twice; rename one")
        kinds[type.name] = _BASE_OF[type.__class__]
    for type in types:
        kind = kinds[type.name]
        if not type.parents or len(set(type.parents)) < len(type.parents):
            raise InputError(f"{type.name}: names no parent, or one twice; write {kind} if there is none")
        for name in type.parents:
            if kinds.get(name, kind) != kind:
                raise InputError(f"{type.name}: is of kind {kind}, its parent {name} of kind {kinds[name]}; choose one")
        hints = [role.types for role in type.roles] if isinstance(type, EventType) else []
        hints += [type.head, type.tail] if isinstance(type, RelationType) else []
        for hint in hints:
            for name in hint:
                if hint.count(name) > 1 or name == "str":
                    raise InputError(f"{type.name}: the entity type {name} is named twice, or is none; mend it")
    _check_ancestry(schema)


def _check_ancestry(schema: Schema) -> None:
    done: set[str] = set()
    for start in schema.by_name:
        path: dict[str, Iterator[str]] = {}  # the classes being looked at, and the parents still to look at
        name: str | None = start
        while name is not None or path:
            if name is not None and name in path:
                raise InputError(f"class {name} is its own ancestor; remove one of the parents")
            if name is not None and name not in done and name in schema.by_name:
                path[name] = iter(schema.by_name[name].parents)
            if not path:
                break
            current = next(reversed(path))
            name = next(path[current], None)
            if name is None:
                done.add(current)
                del path[current]


def plain_text(text: str, style: Style) -> str:
    """Text for a docstring or comment: on one line, without what would end either; its outer spaces are escaped."""
    if not style.escape:
        return text
    # A quote alone ends neither, so it stays as a reader would write it; three would end the docstring.
    text = _UNPRINTABLE.sub(_escaped, text).replace('"""', '\\"\\"\\"')
    return re.sub("^ | $", r"\\x20", text)


def _listed(item: str, special: str) -> str:
    """An example as one field of a list, in double quotes (doubled inside, as in CSV) where a bare one is misread."""
    if not item or item.strip() != item or item.startswith('"') or any(char in item for char in special):
        return '"' + item.replace('"', '""') + '"'
    return item


def examples_text(type: AnyType, style: Style) -> str:
    """`Riga, Porto` or `(Ada Brandt, Riga), (Tomás, Porto)`; empty if there are none."""
    if isinstance(type, RelationType):
        pairs = type.examples
        if style.escape:
            pairs = tuple((_listed(head, ",()"), _listed(tail, ",()")) for head, tail in pairs)
        items = [f"({head}, {tail})" for head, tail in pairs]
    else:
        items = [_listed(item, ",") if style.escape else item for item in type.examples]
    return plain_text(", ".join(items), style) + style.after_examples if items else ""


def definition(
    type: AnyType, *, form: Form = "typed", comments: bool = True, members: bool = False, style: Style = KCJAX
) -> str:
    """The class that defines a type, indented with tabs, without a final newline.

    Args:
      form: "typed" writes a relation's ends and an event's roles with their entity types, "untyped" writes all of them
        as `Entity`; "detection" writes events with the bare list of their role names. Entities have one form.
      comments: whether to write description and examples.
      members: whether to write identifier and clean-ups, which schema files have and prompts do not.

    Raises:
      InputError: a name is not an identifier, or is reserved.
    """
    check_type(type)
    base = _BASE_OF[type.__class__]
    lines = [f"class {type.name}({', '.join(type.parents) or base}):"]
    examples = examples_text(type, style) if comments else ""
    in_signature = isinstance(type, EventType) and form != "detection"
    if comments:
        lines += ['\t"""', f"\tDescription: {plain_text(type.description or '', style)}".rstrip(" ")]
        if examples and not in_signature:
            lines.append(f"\tExamples: {examples}")
        lines.append('\t"""')
    own = _members(type) if members else []
    lines += own
    if isinstance(type, EntityType):
        lines += [] if own else ["\tpass"]
    elif isinstance(type, RelationType):
        lines += _relation_body(type, form)
    elif in_signature:
        lines += _arguments_body(type, form, examples, style)
    else:
        names = ", ".join(f'"{role.name}"' for role in type.roles)
        lines += [
            "\tdef __init__(self, trigger: str, *args):",
            f"\t\targ_names = [{names}]",
            "\t\tsuper().__init__(trigger = trigger, arg_names = arg_names, *args)",
        ]
    return "\n".join(lines)


def schema_source(schema: Schema) -> str:
    """The schema as a Python file: all base classes, then all types with all they hold; `parse_schema` reads it back.

    Raises:
      InputError: as of `check_schema`.
    """
    check_schema(schema)
    types = schema.by_name
    named = {name for t in types.values() for name in referenced(t)}.difference(BASE_CLASSES, types)
    header = ["from __future__ import annotations", "from typing import List"]  # names may be used before they are made
    header += [imports("Entities", named)] if named else []
    blocks = ["\n".join(header), ENTITY_BASE, RELATION_BASE, EVENT_ARGUMENTS_BASE]
    return "\n\n".join([*blocks, *(definition(t, members=True) for t in types.values())]) + "\n"


def _members(type: AnyType) -> list[str]:
    lines = [f"\tidentifier = {quoted(type.identifier)}"] if type.identifier else []
    for name in type.cleanups:
        lines += ["\t@classmethod", f"\tdef {name}(cls, found): ..."]
    return lines


def _hint(types: tuple[str, ...], form: Form) -> str:
    return " | ".join(types) if form == "typed" else "Entity"


def _relation_body(type: RelationType, form: Form) -> list[str]:
    head, tail = _hint(type.head, form), _hint(type.tail, form)
    return [
        f"\tdef __init__(self, head_entity: {head}, tail_entity: {tail}):",
        "\t\tsuper().__init__(head_entity = head_entity, tail_entity = tail_entity)",
    ]


def _arguments_body(type: EventType, form: Form, examples: str, style: Style) -> list[str]:
    return [
        "\tdef __init__(",
        "\t\tself,",
        f"\t\ttrigger: str, # Examples: {examples}" if examples else "\t\ttrigger: str,",
        *("\t\t" + style.argument.format(name=role.name, types=_hint(role.types, form)) for role in type.roles),
        "\t):",
        "\t\tsuper().__init__(trigger = trigger)",
        *(f"\t\tself.{role.name} = {role.name}" for role in type.roles),
    ]
