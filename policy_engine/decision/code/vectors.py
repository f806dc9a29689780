"""Many rules at once: a bit for each rule, a table for each input.

A table says, for a value of its input, which rules are still possible; the ANDs of all tables are
the rules that hold, apart from tests that no table can answer, which only those rules are put to
that are left. So the time hardly grows with the number of rules, and all deciding rules are found
together.

An input that is compared by order has a table of ranges. A bisection gives its position among all
constants that it is compared with: even between two of them, odd on one. A table of more than
`MOST_RANGES` positions is kept coarse: some of its entries stand for several positions, and a rule
that holds at some of these only is checked by its own first and last position, if it is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from policy_engine.decision.code.clauses import Atom, Clause
from policy_engine.decision.code.emitter import Emitter
from policy_engine.decision.code.source import source_of
from policy_engine.language.policy import Kind

MOST_RANGES = 4096
"""Positions of a table of ranges; so a table has at most half a kilobyte a rule."""

_CHUNK = 32
"""How many rules with tests of their own are skipped at once if none of them is left."""

_ORDERED = ("<", "<=", ">", ">=")


class Entry(NamedTuple):
    """One rule: its bit, whom it is about, and its tests."""

    bit: int
    roles: frozenset[str]
    kind: Kind | None
    tests: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """A table of values: what rules are possible for each of them, and for any other."""

    variable: str
    masks: Mapping[object, int]
    other: int


@dataclass(frozen=True, slots=True)
class Ranges:
    """A table of positions among constants; coarse ones stand for `1 << shift` positions each."""

    variable: str
    masks: tuple[int, ...]
    shift: int
    open: tuple[int, ...]
    """For each mask, the rules of it that hold at some of its positions only."""
    first: tuple[int, ...]
    last: tuple[int, ...]
    """By bit; like `open` empty where the table is exact."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """The tables of some rules."""

    everybody: int
    """Rules about everybody."""
    kinds: Mapping[Kind, int]
    roles: Mapping[str, int]
    tables: tuple[Choices | Ranges, ...]
    left: tuple[tuple[int, tuple[str, ...]], ...]
    """By bit, the tests that no table answers."""


Constants = Mapping[str, tuple[object, ...]]
"""What each variable that is compared by order is compared with, in order."""


def constants_of(entries: Iterable[Entry]) -> Constants:
    """The constants of all variables that some rule compares by order."""
    found: dict[str, set[object]] = {}
    atoms = [test.atom for entry in entries for test in entry.tests if test.atom is not None]
    ordered = {atom.variable for atom in atoms if atom.relation in _ORDERED}
    for atom in atoms:
        if atom.variable in ordered and _has_range(atom):
            found.setdefault(atom.variable, set()).update(atom.constants)
    return {name: tuple(sorted(some)) for name, some in sorted(found.items())}  # type: ignore[type-var]


def _has_range(atom: Atom) -> bool:
    """Whether it holds from one position to another."""
    return atom.relation in _ORDERED or (atom.relation == "in" and len(atom.constants) == 1)


def positions(constants: Constants, e: Emitter) -> Iterator[str]:
    """The lines that give the position of each such variable."""
    for name, values in constants.items():
        k = e.hoisted(source_of(values))
        yield f"p = bisect_left({k}, {name})"
        yield f"{_position(name)} = p + p + (p < {len(values)} and {k}[p] == {name})"


def _position(variable: str) -> str:
    return f"at_{variable}"


def vectors_of(entries: Sequence[Entry], constants: Constants) -> Vectors:
    """The tables of rules."""
    roles: dict[str, int] = {}
    kinds: dict[Kind, int] = {}
    everybody = 0
    atoms: dict[str, dict[int, list[Atom]]] = {}
    left: list[tuple[int, tuple[str, ...]]] = []
    for entry in entries:
        bit = 1 << entry.bit
        for role in entry.roles:
            roles[role] = roles.get(role, 0) | bit
        if not entry.roles and entry.kind is not None:
            kinds[entry.kind] = kinds.get(entry.kind, 0) | bit
        elif not entry.roles:
            everybody |= bit
        others: list[str] = []
        for test in entry.tests:
            atom = test.atom
            if atom is None or (atom.variable in constants and not _has_range(atom)):
                others.append(test.text)
            else:
                atoms.setdefault(atom.variable, {}).setdefault(entry.bit, []).append(atom)
        if others:
            left.append((entry.bit, tuple(others)))
    every = sum(1 << entry.bit for entry in entries)
    tables = tuple(
        _ranges(name, by_bit, every, constants[name])
        if name in constants
        else _choices(name, by_bit, every)
        for name, by_bit in sorted(atoms.items())
    )
    return Vectors(everybody, kinds, roles, tables, tuple(left))


def _choices(variable: str, atoms: Mapping[int, Sequence[Atom]], every: int) -> Choices:
    values = {value for some in atoms.values() for atom in some for value in atom.constants}
    masks = dict.fromkeys(values, every)
    other = every
    for bit, some in atoms.items():
        for value in values:
            if not all((value in atom.constants) is (atom.relation == "in") for atom in some):
                masks[value] &= ~(1 << bit)
        if any(atom.relation == "in" for atom in some):
            other &= ~(1 << bit)
    return Choices(variable, masks, other)


def _ranges(
    variable: str,
    atoms: Mapping[int, Sequence[Atom]],
    every: int,
    constants: tuple[object, ...],
) -> Ranges:
    place = {value: 2 * number + 1 for number, value in enumerate(constants)}
    positions = 2 * len(constants) + 1
    spans = {bit: _span(some, place, positions) for bit, some in atoms.items()}
    shift = 0
    while positions >> shift > MOST_RANGES:
        shift += 1
    count = ((positions - 1) >> shift) + 1
    masks, open_ = [every] * count, [0] * count
    for bit, (first, last) in spans.items():
        low, high = (first >> shift, last >> shift) if first <= last else (count, count)
        for number in (*range(low), *range(high + 1, count)):
            masks[number] &= ~(1 << bit)
        for number in {low, high} - {count}:
            if number << shift < first or min((number + 1) << shift, positions) - 1 > last:
                open_[number] |= 1 << bit
    if not shift:
        return Ranges(variable, tuple(masks), 0, (), (), ())
    whole, bits = (0, positions), range(every.bit_length())
    first_of = tuple(spans.get(bit, whole)[0] for bit in bits)
    last_of = tuple(spans.get(bit, whole)[1] for bit in bits)
    return Ranges(variable, tuple(masks), shift, tuple(open_), first_of, last_of)


def _span(atoms: Iterable[Atom], place: Mapping[object, int], positions: int) -> tuple[int, int]:
    """The first and last position at which all of the atoms hold."""
    first, last = 0, positions - 1
    for atom in atoms:
        at = place[atom.constants[0]]
        match atom.relation:
            case "<":
                last = min(last, at - 1)
            case "<=":
                last = min(last, at)
            case ">":
                first = max(first, at + 1)
            case ">=":
                first = max(first, at)
            case _:
                first, last = max(first, at), min(last, at)
    return first, last


def lines(vectors: Vectors, e: Emitter) -> Iterator[str]:
    """The lines after which `m` has the bits of the rules that hold."""
    yield f"m = {vectors.everybody:#x}"
    for kind, mask in sorted(vectors.kinds.items()):
        yield f"if kind == {kind!r}: m |= {mask:#x}"
    if vectors.roles:
        masks = e.hoisted(_masks(vectors.roles))
        yield f"for role in roles: m |= {masks}.get(role, 0)"
    for table in vectors.tables:
        yield from _lines(table, e)
    for table in vectors.tables:
        if isinstance(table, Ranges) and table.shift:
            yield from _check(table, e)
    for start in range(0, len(vectors.left), _CHUNK):
        chunk = vectors.left[start : start + _CHUNK]
        yield f"if m & {sum(1 << bit for bit, _ in chunk):#x}:"
        for bit, tests in chunk:
            yield f"    if m & {1 << bit:#x} and not ({' and '.join(tests)}): m ^= {1 << bit:#x}"


def _lines(table: Choices | Ranges, e: Emitter) -> Iterator[str]:
    if isinstance(table, Choices):
        yield f"m &= {e.hoisted(_masks(table.masks))}.get({table.variable}, {table.other:#x})"
        return
    at = _position(table.variable)
    yield f"m &= {_row(table.masks, e)}[{f'{at} >> {table.shift}' if table.shift else at}]"


def _check(table: Ranges, e: Emitter) -> Iterator[str]:
    at = _position(table.variable)
    first, last = e.hoisted(source_of(table.first)), e.hoisted(source_of(table.last))
    yield f"w = m & {_row(table.open, e)}[{at} >> {table.shift}]"
    yield f"if w: m ^= outside(w, {at}, {first}, {last})"


def _row(masks: Sequence[int], e: Emitter) -> str:
    return e.hoisted(f"({', '.join(f'{mask:#x}' for mask in masks)},)")


def _masks(masks: Mapping[str, int] | Mapping[object, int]) -> str:
    parts = sorted(f"{source_of(value)}: {mask:#x}" for value, mask in masks.items())
    return f"{{{', '.join(parts)}}}"
