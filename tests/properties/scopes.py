"""What generated conditions may read, use and ask in one place of a policy."""

from __future__ import annotations

from dataclasses import dataclass, replace

from policy_engine.values.types import DECIMAL, NUMERIC, TEXT, Field, Record, Type
from tests.properties import vocabulary as v

KINDS = frozenset({"agent", "human"})
BEYOND = frozenset({"facts", "session", "provenance", "past", "asked"})
"""What a condition may rest on besides the action itself."""
EVERYTHING = BEYOND | KINDS


@dataclass(frozen=True)
class Datum:
    """A path, and the optional steps on it that must be known to be given."""

    path: str
    type: Type
    needs: tuple[str, ...] = ()
    optional: bool = False
    root: str = "input"

    @property
    def feature(self) -> str | None:
        return "facts" if self.root == "fact" else self.root if self.root in EVERYTHING else None


@dataclass(frozen=True)
class Definition:
    """A definition or a table: what it takes, gives and rests on, and whether it repeats."""

    name: str
    parameters: tuple[Type, ...]
    result: Type
    uses: frozenset[str] = frozenset()
    repeats: int = 0


@dataclass(frozen=True)
class Scope:
    """`repeats`: how many quantifiers may still stand in each other; `outputs`: of tasks."""

    data: tuple[Datum, ...]
    open: frozenset[str] = EVERYTHING
    known: frozenset[str] = frozenset()
    definitions: tuple[Definition, ...] = ()
    outputs: tuple[tuple[str, Field], ...] = ()
    labels: tuple[str, ...] = ()
    depth: int = 3
    repeats: int = 2
    variables: int = 0

    def data_here(self) -> list[Datum]:
        return [d for d in self.data if d.feature is None or d.feature in self.open]

    def readable(self, wanted: Type | None = None) -> list[Datum]:
        return [
            d
            for d in self.data_here()
            if self.known.issuperset(d.needs) and (wanted is None or fits(d.type, wanted))
        ]

    def askable(self) -> list[Datum]:
        """Optional data whose parents are known."""
        return [d for d in self.data_here() if d.optional and self.known.issuperset(d.needs[:-1])]

    def defined(self, wanted: Type) -> list[Definition]:
        return [
            d
            for d in self.definitions
            if fits(d.result, wanted) and d.uses <= self.open and d.repeats <= self.repeats
        ]

    def knowing(self, path: str) -> Scope:
        return replace(self, known=self.known | {path})

    def deeper(self) -> Scope:
        return replace(self, depth=self.depth - 1)

    def repeated(self) -> Scope:
        return replace(self, repeats=self.repeats - 1)

    def without(self, *features: str) -> Scope:
        return replace(self, open=self.open - set(features))

    def of_kind(self, kind: str | None) -> Scope:
        """A rule about people reads nothing that only agents have, and vice versa."""
        return self if kind is None else self.without(*(KINDS - {kind}))

    def with_local(self, type_: Type) -> tuple[str, Scope]:
        """A new name for items of a type, and the scope in which it can be read."""
        name = f"v{self.variables}"
        return name, replace(self.with_data(name, type_), variables=self.variables + 1)

    def with_data(self, name: str, type_: Type) -> Scope:
        more = data_of(name, Field(name, type_), root="local")
        return replace(self, data=(*more, *more, *self.data))


def fits(type_: Type, wanted: Type) -> bool:
    return type_ == wanted or (wanted == DECIMAL and type_ in NUMERIC)


def data_of(
    path: str, field: Field, needs: tuple[str, ...] = (), *, root: str = "input"
) -> tuple[Datum, ...]:
    needs = (*needs, path) if field.optional else needs
    below: tuple[Datum, ...] = ()
    if isinstance(field.type, Record):
        below = tuple(
            datum
            for inner in field.type.fields
            for datum in data_of(f"{path}.{inner.name}", inner, needs, root=root)
        )
    return (Datum(path, field.type, needs, field.optional, root), *below)


def inputs_of(tasks: tuple[str, ...]) -> tuple[Datum, ...]:
    """What a rule over these tasks reads of its action; some must say `input.count`."""
    words = {"of", "to"}
    return tuple(
        datum
        for field in v.common_inputs(tasks)
        for name in [f"input.{field.name}" if field.name in words else field.name]
        for datum in data_of(name, field)
    )


ID = Field("id", TEXT)
SHARED = tuple(
    datum
    for root, fields in (
        ("agent", (*v.AGENTS, ID)),
        ("human", (*v.HUMANS, ID)),
        ("principal", (ID,)),
        ("context", v.CONTEXT),
        ("session", v.SESSION),
    )
    for field in fields
    for datum in data_of(f"{root}.{field.name}", field, root=root)
) + tuple(
    d for name, type_ in v.FACTS.items() for d in data_of(name, Field(name, type_), root="fact")
)
