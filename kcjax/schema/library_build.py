"""A library made of what its sources say: classes selected, named and ordered, relations typed, events given roles."""

import dataclasses
import itertools
import operator
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from kcjax.schema.concept import Claim, Concept, Instances, Property, RoleTable
from kcjax.schema.naming import Names, role_name
from kcjax.schema.taxonomy import Graph, arrange, break_cycles, children_of, closure, contract, direct
from kcjax.schema.types import AnyType, EntityType, EventType, RelationType, Role
from kcjax.text import mention_key

Fact = Concept | Instances | Property | Claim | RoleTable

ENTITY_ROOTS = ("Q35120", "wn:entity.n.01")  # "entity", which is the base class itself
EXCLUDED_ROOTS = (
    "Q17379835",  # Wikimedia page outside the main knowledge tree
    "Q17442446",  # Wikimedia internal item
    "Q14204246",  # Wikimedia project page
    "Q16521",  # taxon
    "Q7187",  # gene
    "Q8054",  # protein
    "Q13442814",  # scholarly article
)
EVENT_ROOTS = ("Q1656682", "wn:event.n.01")  # event
_IN_USE = 5
_TYPES_BY_CLAIMS = 5  # of an end, at most


@dataclasses.dataclass(frozen=True)
class LibraryOptions:
    """Which classes become types, and with what.

    Attributes:
      min_instances: a class with fewer instances is left out.
      concepts: ids or labels; None keeps all classes, else those named.
      excluded_roots: classes below these are left out, and their instances (genes are instances of gene) unless other
        items are instances of those.
      event_roots: classes below these are event types too.
      keep_unlinked: whether classes without a Wikidata id are kept beside those that have one.
      min_support: how many claims must have ends of a class before a relation gets it for a constraint.
      max_examples, max_roles: of a type, at most.
      avoid: mentions, by their `mention_key`, that no type may have for an example.
    """

    min_instances: int = 0
    concepts: frozenset[str] | None = None
    excluded_roots: tuple[str, ...] = EXCLUDED_ROOTS
    event_roots: tuple[str, ...] = EVENT_ROOTS
    keep_unlinked: bool = False
    min_support: int = 5
    max_examples: int = 10
    max_roles: int = 10
    avoid: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A type of a library and what is known of it besides.

    Attributes:
      parents: the numbers of its parents among all entries, every one of them before it.
      known: pairs of label and description of its best known instances.
    """

    type: AnyType
    concept: Concept
    sources: tuple[str, ...]
    parents: tuple[int, ...]
    instances: int = 0
    known: tuple[tuple[str, str], ...] = ()
    constraints: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)  # of a relation's ends, as ids


@dataclasses.dataclass(slots=True)
class _Draft:
    """A type in the making. `parents` and the numbers in its ends or roles are places in the lists of their kind."""

    id: str
    parents: list[int]
    instances: int = 0
    name: str = ""
    head: list[int] | None = None
    tail: list[int] | None = None
    roles: list[tuple[str, list[int]]] = dataclasses.field(default_factory=list)


class LibraryBuilder:
    """Takes facts and makes entries of them. The order of the facts of a source does not matter, that of the sources
    does: where two speak of one class, the one added first has the word."""

    def __init__(self, options: LibraryOptions = LibraryOptions()):
        self.options = options
        self.report: Counter[str] = Counter()
        self.cycles: list[str] = []
        # Rows stay packed: there are many, and each is looked at a few times.
        self.concepts: dict[str, bytes] = {}
        self.sources: dict[str, tuple[str, ...]] = {}
        self.known: dict[str, bytes] = {}
        self.counts: dict[str, int] = {}
        self.properties: dict[str, Property] = {}
        self.claims: dict[str, list[Claim]] = {}
        self.tables: dict[str, RoleTable] = {}

    def add(self, fact: Fact, *, source: str) -> None:
        """Adds what `source` says."""
        match fact:
            case Concept():
                self._add_concept(fact, source)
            case Instances():
                self.known[fact.of] = _packed(fact.known)
                self.counts[fact.of] = fact.count
            case Property():
                if known := self.properties.get(fact.id):
                    self.report["properties given twice"] += 1
                    fact = max(known, fact, key=orjson.dumps)
                self.properties[fact.id] = fact
            case Claim():
                self.claims.setdefault(fact.property, []).append(fact)
            case RoleTable():
                self.tables[fact.id] = fact
                if ":" not in fact.id and source not in self.sources.get(fact.id, ()):  # a class of Wikidata
                    self._add_concept(Concept(fact.id, fact.label, fact.description, parents=fact.parents), source)

    def _add_concept(self, concept: Concept, source: str) -> None:
        known = self.sources.get(concept.id, ())
        if source in known:
            self.report["classes given twice by a source"] += 1
            if known == (source,):
                # Of two that differ, the one that stands last in the alphabet: a rule without regard to their order.
                self.concepts[concept.id] = max(self.concepts[concept.id], _packed(concept))
            return
        if known:
            concept = self._merged(self.concept(concept.id), concept)
        self.concepts[concept.id] = _packed(concept)
        self.sources[concept.id] = (*known, source)

    def _merged(self, first: Concept, second: Concept) -> Concept:
        parents = first.parents or second.parents
        if not first.parents and first.instance_of and first.id not in self.counts:
            parents = first.parents  # a single thing, though the second source has it for a class
            self.report["single things that a table has for classes"] += 1
        names = dict.fromkeys((*first.aliases, second.label, *second.aliases))
        names.pop(first.label or second.label, None)
        names.pop("", None)
        return dataclasses.replace(
            first,
            label=first.label or second.label,
            description=first.description or second.description,
            aliases=tuple(names),
            parents=parents,
        )

    def concept(self, id: str) -> Concept:
        return Concept(**orjson.loads(self.concepts[id])) if id in self.concepts else Concept(id)

    def told(self) -> dict[str, Any]:
        """What was kept and dropped, and why."""
        counts = {key: count for key, count in sorted(self.report.items()) if count}
        return {**counts, "edges cut to break cycles": self.cycles}

    def unknown(self) -> dict[str, list[str]]:
        """What the options name and no source has: option -> ids or labels. A root that is so by default may be."""
        default = {*EXCLUDED_ROOTS, *EVENT_ROOTS}
        roots = {"exclude": self.options.excluded_roots, "event-roots": self.options.event_roots}
        absent = {
            name: [id for id in ids if id not in self.concepts and id not in default] for name, ids in roots.items()
        }
        if self.options.concepts:
            labels = {self.concept(id).label for id in self.concepts}
            absent["concepts"] = sorted(self.options.concepts.difference(self.concepts, labels))
        return {name: ids for name, ids in absent.items() if ids}

    def entries(self) -> Iterator[Entry]:
        """Yields the types of the library: entities, relations, events, each kind with parents before children."""
        entities = self._entities()
        relations = self._relations(entities)
        events = self._events(entities, relations)
        self._name(entities, relations, events)
        start = 0
        for drafts, finish in ((entities, self._entity), (relations, self._relation), (events, self._event)):
            graph = [draft.parents for draft in drafts]
            for n, draft in enumerate(drafts):
                parents = tuple(drafts[p].name for p in direct(graph, n))
                places = tuple(start + p for p in draft.parents)
                yield finish(draft, parents, places, entities)
            start += len(drafts)

    # Entity types.

    def _entities(self) -> list[_Draft]:
        options, report = self.options, self.report
        linked = any(":" not in id for id in self.concepts) and not options.keep_unlinked
        reasons: dict[str, str | None] = {}  # why a class is left out
        referred: dict[str, list[str]] = {}  # its parents
        metaclasses: dict[str, list[str]] = {}
        classes = {*self.counts, *(id for id, sources in self.sources.items() if "wikidata" not in sources)}
        for id, row in self.concepts.items():
            concept = Concept(**orjson.loads(row))
            reasons[id] = self._reason(concept, linked)
            if concept.parents:
                referred[id] = list(dict.fromkeys(concept.parents))
                classes.add(id)
                classes.update(concept.parents)
            if concept.instance_of and id not in self.counts:
                metaclasses[id] = list(concept.instance_of)
        report["classes"] = len(classes)
        named = {id for p in self.properties.values() for id in (*p.subject_types, *p.value_types)} - classes
        report["classes that only constraints name"] = len(named & self.concepts.keys())
        ids = sorted(classes | (named & self.concepts.keys()), key=id_key)
        number = {id: n for n, id in enumerate(ids)}
        parents: Graph = [[number[parent] for parent in referred.get(id, ())] for id in ids]
        excluded = set(
            closure(children_of(parents), (number[root] for root in options.excluded_roots if root in number))
        )
        keep = []
        for n, id in enumerate(ids):
            reason = reasons.get(id, "without an English label")
            if reason is None and n in excluded:
                reason = "below an excluded root"
            elif reason is None and any(number.get(c) in excluded for c in metaclasses.get(id, ())):
                reason = "instances of an excluded class"
            keep.append(reason is None)
            report[f"classes left out: {reason}"] += reason is not None
        for child, parent in self._uncircled(parents, range(len(ids))):
            self.cycles.append(" -> ".join(self.concept(ids[n]).label or ids[n] for n in (child, parent)))
        near = contract(parents, keep)
        order, graph = arrange(near, keep, [-self.counts.get(id, 0) for id in ids])
        place = {n: at for at, n in enumerate(order)}
        # Constraints may name a class that was left out: its nearest ancestors stand for it.
        self.stands_for = {id: [place[n]] if keep[n] else sorted(place[p] for p in near[n]) for n, id in enumerate(ids)}
        return [_Draft(ids[n], own, self.counts.get(ids[n], 0)) for n, own in zip(order, graph, strict=True)]

    def _reason(self, concept: Concept, linked: bool) -> str | None:
        """Why a class is left out; None if it is not."""
        options = self.options
        if not concept.label:
            return "without an English label"
        if concept.id in ENTITY_ROOTS:
            return "the base class itself"
        if linked and ":" in concept.id:
            return "without a Wikidata id"
        if self.counts.get(concept.id, 0) < options.min_instances:
            return "with too few instances"
        if options.concepts is not None and not {concept.id, concept.label} & options.concepts:
            return "not among the concepts asked for"
        return None

    def _uncircled(self, parents: Graph, age: Sequence[int]) -> list[tuple[int, int]]:
        cut = break_cycles(parents, age)
        self.report["circular edges cut"] += len(cut)
        return cut

    # Relation types.

    def _relations(self, entities: list[_Draft]) -> list[_Draft]:
        report = self.report
        properties = sorted(self.properties.values(), key=lambda p: id_key(p.id))
        number = {p.id: n for n, p in enumerate(properties)}
        parents: Graph = [[number[parent] for parent in p.parents if parent in number] for p in properties]
        self._uncircled(parents, range(len(properties)))
        keep = []
        for p in properties:
            typed = bool(p.subject_types) + bool(p.value_types)
            keep.append(bool(p.label and (p.description or typed)))
            if not p.label:
                report["relations left out: without an English label"] += 1
            elif not keep[-1]:
                report["relations left out: neither described nor constrained"] += 1
            elif typed == 2:
                report["relations constrained on both sides"] += 1
                report["relations constrained on both sides and described"] += bool(p.description)
        order, edges = arrange(contract(parents, keep), keep, [0] * len(keep))
        graph = [entity.parents for entity in entities]
        drafts = []
        for n, own in zip(order, edges, strict=True):
            p = properties[n]
            claims = self.claims.get(p.id, [])
            drafts.append(
                _Draft(
                    p.id,
                    own,
                    head=self._end("head", p.subject_types, Counter(t for c in claims for t in c.subject_types), graph),
                    tail=self._end("tail", p.value_types, Counter(t for c in claims for t in c.value_types), graph),
                )
            )
        return drafts

    def _end(self, end: str, constraint: Sequence[str], observed: Counter[str], graph: Graph) -> list[int]:
        """The types that a relation's end may be of: as constrained, else as its claims have it; none for any."""
        found = self._standing_for(constraint, graph)
        if constraint and not found and not set(constraint).intersection(ENTITY_ROOTS):
            self.report[f"relations whose {end} is constrained to classes that are not in the library"] += 1
        if not constraint:
            usual = sorted(observed.items(), key=lambda item: (-item[1], id_key(item[0])))[:_TYPES_BY_CLAIMS]
            found = self._standing_for([id for id, count in usual if count >= self.options.min_support], graph)
            self.report[f"relations whose {end} is typed by claims"] += bool(found)
        return found

    def _standing_for(self, ids: Sequence[str], graph: Graph) -> list[int]:
        """The entity types that stand for classes, less those below another one; none if any entity will do."""
        if set(ids).intersection(ENTITY_ROOTS):
            return []
        unknown = [id for id in ids if id not in self.stands_for]
        self.report["classes in constraints and roles that no source has"] += len(unknown)
        found = dict.fromkeys(n for id in ids for n in self.stands_for.get(id, ()))
        return [n for n in found if not any(above in found for above in closure(graph, [n])[1:])]

    # Event types.

    def _events(self, entities: list[_Draft], relations: list[_Draft]) -> list[_Draft]:
        """Classes below the event roots, and the events of tables.

        Their roles are those of the table, else the relations that may have such an event for their head: those of the
        nearest class first, for what holds of all events says the least of one.
        """
        graph = [entity.parents for entity in entities]
        roots = {n for id in self.options.event_roots for n in self.stands_for.get(id, ())}
        events = set(closure(children_of(graph), roots)).difference(roots)
        events.update(n for id in self.tables for n in self.stands_for.get(id, ()) if entities[n].id == id)
        of_head: dict[int, list[int]] = {}
        # The most used first.
        for r in sorted(range(len(relations)), key=lambda r: (-len(self.claims.get(relations[r].id, ())), r)):
            for head in relations[r].head or ():
                of_head.setdefault(head, []).append(r)
        drafts: dict[str, _Draft] = {}
        parents_of: dict[str, Sequence[str]] = {}
        for n in sorted(events):
            entity = entities[n]
            drafts[entity.id] = draft = _Draft(entity.id, [], entity.instances)
            parents_of[entity.id] = [entities[p].id for p in entity.parents]
            for r in dict.fromkeys(r for c in closure(graph, [n]) if c in events | roots for r in of_head.get(c, ())):
                draft.roles.append((self.properties[relations[r].id].label, relations[r].tail or []))
        for id, table in sorted(self.tables.items(), key=lambda item: id_key(item[0])):
            if id not in drafts:
                drafts[id], parents_of[id] = _Draft(id, []), table.parents
            if table.roles:
                drafts[id].roles = [(role, self._standing_for(types, graph)) for role, types in table.roles]
        ids = list(drafts)
        number = {id: n for n, id in enumerate(ids)}
        parents: Graph = [[number[p] for p in parents_of[id] if p in number] for id in ids]
        self._uncircled(parents, range(len(ids)))
        order, edges = arrange(parents, [True] * len(ids), [0] * len(ids))
        for n, own in zip(order, edges, strict=True):
            drafts[ids[n]].parents = own
        return [drafts[ids[n]] for n in order]

    # Types from drafts.

    def _told(self, id: str) -> Concept:
        """What the sources say of a type of any kind."""
        if id in self.properties:
            p = self.properties[id]
            return Concept(id, p.label, p.description, p.aliases)
        if id not in self.concepts and id in self.tables:
            return Concept(id, self.tables[id].label, self.tables[id].description)
        return self.concept(id)

    def _name(self, entities: list[_Draft], relations: list[_Draft], events: list[_Draft]) -> None:
        """Gives all types their names: first classes in use, then relations, other classes, and events, each time the
        best known before the rest. A class in use has some instances and subclasses: one without is often but the
        shadow of a property, such as the class `place of birth`."""
        names = Names()
        below = Counter(parent for entity in entities for parent in entity.parents)
        used = [entity.instances + below[n] >= _IN_USE for n, entity in enumerate(entities)]
        known, rest = (list(itertools.compress(entities, own)) for own in (used, map(operator.not_, used)))
        for kind, drafts in (("Entity", known), ("Relation", relations), ("Entity", rest), ("Event", events)):
            told = [(draft, self._told(draft.id)) for draft in drafts]
            told.sort(key=lambda d: (-d[0].instances, -d[1].prominence, not d[1].description, id_key(d[1].id)))
            for draft, concept in told:
                draft.name = names.take(concept.label, kind=kind, identifier=_suffix(draft.id))
        self.report["names with a suffix"] = names.suffixed

    def _examples(self, candidates: Iterable[str]) -> tuple[str, ...]:
        found: list[str] = []
        for text in dict.fromkeys(candidates):
            if self._avoided(text):
                self.report["examples left out: mentions to avoid"] += 1
            elif text:
                found.append(text)
        return tuple(found[: self.options.max_examples])

    def _avoided(self, text: str) -> bool:
        return bool(self.options.avoid) and mention_key(text) in self.options.avoid

    def _entity(self, draft: _Draft, parents: tuple[str, ...], places: tuple[int, ...], _: list[_Draft]) -> Entry:
        concept = self.concept(draft.id)
        known = tuple(map(tuple, orjson.loads(self.known.get(draft.id, b"[]"))))
        examples = self._examples(label for label, _ in known)
        made = EntityType(draft.name, parents or ("Entity",), concept.description, examples, draft.id)
        return Entry(made, concept, self.sources.get(draft.id, ("wikidata",)), places, draft.instances, known)

    def _relation(
        self, draft: _Draft, parents: tuple[str, ...], places: tuple[int, ...], entities: list[_Draft]
    ) -> Entry:
        concept, p, claims = self._told(draft.id), self.properties[draft.id], self.claims.get(draft.id, [])
        # The claims are a sample; the order of their checksums draws from it alike wherever it is drawn.
        pairs = sorted({(c.subject, c.value) for c in claims if c.subject and c.value}, key=_checksum)
        safe = [pair for pair in pairs if not any(map(self._avoided, pair))]
        self.report["examples left out: mentions to avoid"] += len(pairs) - len(safe)
        made = RelationType(
            draft.name,
            parents or ("Relation",),
            concept.description,
            tuple(safe[: self.options.max_examples]),
            _hint(draft.head, entities),
            _hint(draft.tail, entities),
            draft.id,
        )
        constraints = {"head": p.subject_types, "tail": p.value_types}
        return Entry(made, concept, ("wikidata",), places, len(claims), constraints=constraints)

    def _event(self, draft: _Draft, parents: tuple[str, ...], places: tuple[int, ...], entities: list[_Draft]) -> Entry:
        concept = self._told(draft.id)
        roles: dict[str, Role] = {}
        for label, types in draft.roles:
            name = role_name(label)
            if name and name not in roles:
                roles[name] = Role(name, _hint(types, entities))
        self.report["roles left out: more than may be"] += max(0, len(roles) - self.options.max_roles)
        # A word for the event may well be its trigger; a name of several words is none.
        triggers = self._examples(text for text in (concept.label, *concept.aliases) if len(text.split()) == 1)
        made = EventType(
            draft.name,
            parents or ("Event",),
            concept.description,
            triggers,
            tuple(roles.values())[: self.options.max_roles],
            draft.id,
        )
        sources = self.sources.get(draft.id, (source_of(draft.id),))
        return Entry(made, concept, sources, places, draft.instances)


def _packed(value: Any) -> bytes:
    """JSON in as many bytes as it takes; those of orjson come with room for more."""
    return bytes(memoryview(orjson.dumps(value)))


def _checksum(pair: tuple[str, str]) -> tuple[int, tuple[str, str]]:
    return zlib.crc32("\t".join(pair).encode(errors="replace")), pair


def _hint(places: list[int] | None, entities: list[_Draft]) -> tuple[str, ...]:
    return tuple(entities[n].name for n in places or ()) or ("Entity",)


def id_key(id: str) -> tuple[str, int, str]:
    """Orders ids: Wikidata's by their numbers, then those of other sources."""
    source, _, own = id.rpartition(":")
    return source, int(own[1:]) if not source and own[1:].isdecimal() else 0, own


def _suffix(id: str) -> str:
    """What tells types of one label apart: `Q57`; of another source's `bank.n.02` the number."""
    return re.split(r"\.(?=\d+$)", id)[-1]


def source_of(id: str) -> str:
    return id.rpartition(":")[0] or "wikidata"
