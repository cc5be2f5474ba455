"""Types and schemas as hostile as they come, for property tests."""

from hypothesis import strategies as st

from kcjax.schema.types import CLEANUPS, EntityType, EventType, RelationType, Role, Schema

# Anything, with what is hard to write in a docstring, comment or list more often than by chance.
texts = st.text(
    st.characters() | st.sampled_from("\"'\\\n\r\t,()# \x00\x1b\x7f\x85\u2028\ufeff\ud800"), max_size=30
) | (
    st.sampled_from(
        ['"""', 'a"""', '""""', "\\", "Examples: x", "a\nExamples: b", " a ", "(a, b), (c", "\\x41", '"a" b']
    )
)
names = st.sampled_from(["City", "Person", "Tomás", "Δ", "_x", "A1"])
lists = st.lists(texts, max_size=4).map(tuple)
hints = st.lists(st.sampled_from(["Entity", "Known", "Other"]), min_size=1, max_size=2, unique=True).map(tuple)
entity_types = st.builds(EntityType, names, st.sampled_from([("Entity",), ("Known", "Entity")]), texts, lists)
relation_types = st.builds(
    RelationType, names, st.just(("Relation",)), texts, st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
    hints, hints,
)  # fmt: skip
roles = st.lists(
    st.builds(Role, st.sampled_from(["agent", "place", "name", "types"]), hints), unique_by=lambda r: r.name
)
event_types = st.builds(EventType, names, st.just(("Event",)), texts, lists, roles.map(tuple))

# Whole schemas, with identifiers and clean-ups; their names are distinct.
identifiers = st.sampled_from(["", "Q5", "P19"]) | texts


def cleanups(kind: str) -> st.SearchStrategy[tuple[str, ...]]:
    known = [name for name, kinds in CLEANUPS.items() if kind in kinds]
    return st.lists(st.sampled_from(known), unique=True).map(tuple)


long_texts = texts | st.builds(lambda text, char: (text + char) * 1000, texts, st.sampled_from('ax\\"\n é'))
class_names = st.sampled_from(
    [f"{stem}{n}" for stem in ("City", "Tomás", "Δ", "_x", "List", "str", "None_") for n in range(9)]
)


def _parents(base: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sampled_from([(base,), (base, f"Other{base}")])


@st.composite
def schemas(draw) -> Schema:
    names = draw(st.lists(class_names, min_size=1, max_size=6, unique=True))
    kinds = [draw(st.sampled_from(["entity", "relation", "event"])) for _ in names]
    # Hints name entity types of the schema, which their reader insists on.
    known = ["Entity", *(name for name, kind in zip(names, kinds, strict=True) if kind == "entity")]
    hinted = st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True).map(tuple)
    own_roles = st.lists(
        st.builds(Role, st.sampled_from(["agent", "place", "name", "identifier", "drop_pronouns"]), hinted),
        unique_by=lambda role: role.name,
    ).map(tuple)
    pairs = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
    found: dict[str, list] = {"entity": [], "relation": [], "event": []}
    for name, kind in zip(names, kinds, strict=True):
        strategy = {
            "entity": st.builds(
                EntityType, st.just(name), _parents("Entity"), long_texts, lists, identifiers, cleanups("Entity")
            ),
            "relation": st.builds(
                RelationType,
                st.just(name),
                _parents("Relation"),
                long_texts,
                pairs,
                hinted,
                hinted,
                identifiers,
                cleanups("Relation"),
            ),
            "event": st.builds(
                EventType,
                st.just(name),
                _parents("Event"),
                long_texts,
                lists,
                own_roles,
                identifiers,
                cleanups("Event"),
            ),
        }[kind]
        found[kind].append(draw(strategy))
    return Schema(*map(tuple, found.values()))
