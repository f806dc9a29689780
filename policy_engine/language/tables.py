"""Tables: complete and without overlap, or they do not load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, islice
from math import prod

from policy_engine.foundation.diagnostics import CEILING, Label
from policy_engine.foundation.source import Span
from policy_engine.language import codes, tree as t
from policy_engine.language.cases import filled, missing
from policy_engine.language.declare import Declarations
from policy_engine.language.definitions import parameters_of
from policy_engine.language.policy import NO_ROW, Table
from policy_engine.language.report import Report
from policy_engine.language.resolve_types import Types
from policy_engine.language.scope import Signature
from policy_engine.language.type_rules import article
from policy_engine.values.conform import conform
from policy_engine.values.types import BOOLEAN, Type, Union

_MOST_COMBINATIONS = 100_000
_Cells = tuple[object, ...]
_OTHER = object()
"""A value that no row names."""


class Tables:
    """Checks the tables of one policy set."""

    def __init__(self, found: Declarations, types: Types, report: Report) -> None:
        self._found = found
        self._types = types
        self._report = report
        self.done: dict[str, Table] = {}
        self.signatures: dict[str, Signature] = {}

    def check(self) -> None:
        for name, node in self._found.tables.items():
            parameters = parameters_of(node.parameters, self._types, self._report)
            type_ = self._types.resolve(node.type)
            span = node.name.span
            self.signatures[name] = Signature(parameters, type_, span, is_table=True)
            if type_ is not None and len(parameters) == len(node.parameters):
                table = self._table(node, parameters, type_)
                if table is not None:
                    self.done[name] = table

    def _table(
        self, node: t.TableNode, parameters: tuple[tuple[str, Type], ...], type_: Type
    ) -> Table | None:
        started = self._report.count
        rows: list[tuple[_Cells, object]] = []
        places: list[t.RowNode] = []
        otherwise: object = NO_ROW
        for row in node.rows:
            value = self._fitted(row.value.value, type_, row.value.span)
            if not row.cells:
                if otherwise is not NO_ROW:
                    title = "a table has one `otherwise`"
                    self._report.add(codes.TWICE_IN_STATEMENT, title, row.span, "a second one")
                otherwise = value
                continue
            before = self._report.count
            cells = self._cells(row, parameters)
            if cells is not None and self._report.count == before:
                rows.append((cells, value))
                places.append(row)
        if len(rows) + (otherwise is not NO_ROW) != len(node.rows) or self._report.count > started:
            return None
        self._refuse_overlaps(rows, places)
        self._refuse_gaps(node, parameters, rows, otherwise)
        return Table(node.name.text, parameters, type_, tuple(rows), otherwise, node.name.span)

    def _cells(self, row: t.RowNode, parameters: tuple[tuple[str, Type], ...]) -> _Cells | None:
        if len(row.cells) != len(parameters):
            title = f"a row has {len(parameters)} cells, one for each parameter"
            self._report.add(codes.BAD_TABLE, title, row.span, f"{len(row.cells)} here")
            return None
        return tuple(
            None if cell.value is None else self._fitted(cell.value, type_, cell.span)
            for cell, (_, type_) in zip(row.cells, parameters, strict=True)
        )

    def _fitted(self, value: object, type_: Type, span: Span) -> object:
        if missing(filled(value, type_, None)):
            title = "`case` belongs into tests"
            self._report.add(codes.UNEXPECTED, title, span, "a table stands by itself")
            return None
        fitted, misfits = conform(value, type_, "this")
        for misfit in misfits:
            problem = str(misfit).replace("`this` ", "this ")
            self._report.add(codes.WRONG_VALUE, problem, span, f"not {article(type_)}")
        return fitted

    def _refuse_overlaps(self, rows: list[tuple[_Cells, object]], places: list[t.RowNode]) -> None:
        pairs = _overlapping([cells for cells, _ in rows])
        for first, second in islice(pairs, CEILING):
            self._overlap(places[min(first, second)], places[max(first, second)])

    def _overlap(self, first: t.RowNode, second: t.RowNode) -> None:
        also = (Label(first.span, "this row fits the same values", primary=False),)
        title = "two rows of a table overlap"
        self._report.add(codes.BAD_TABLE, title, second.span, "which one is meant?", also=also)

    def _refuse_gaps(
        self,
        node: t.TableNode,
        parameters: tuple[tuple[str, Type], ...],
        rows: list[tuple[_Cells, object]],
        otherwise: object,
    ) -> None:
        """Every combination of values has a row; an `otherwise` is for those that have none."""
        domains = [
            _domain(type_, [cells[number] for cells, _ in rows])
            for number, (_, type_) in enumerate(parameters)
        ]
        gap: tuple[object, ...] | None = None
        if prod(len(domain) for domain in domains) <= _MOST_COMBINATIONS:
            gap = _gap(domains, [cells for cells, _ in rows])
            if gap is None and otherwise is not NO_ROW:
                title = f"the `otherwise` of `{node.name.text}` is never reached"
                self._report.add(codes.BAD_TABLE, title, node.name.span, "the rows are complete")
        elif not any(all(cell is None for cell in cells) for cells, _ in rows):
            gap = (_OTHER,)
        if gap is not None and otherwise is NO_ROW:
            shown = ", ".join(_shown(value) for value in gap)
            title = f"the table `{node.name.text}` has no row for {shown}"
            help_ = "add the row, or `otherwise -> …`"
            self._report.add(codes.BAD_TABLE, title, node.name.span, "not complete", help_=help_)


def _domain(type_: Type, cells: Sequence[object]) -> Sequence[object]:
    """All values of a type, or those that a column names and one that stands for all others."""
    if isinstance(type_, Union):
        return sorted(type_.members)
    if type_ == BOOLEAN:
        return [True, False]
    named = dict.fromkeys(cell for cell in cells if cell is not None)
    return [*named, _OTHER]


def _gap(domains: Sequence[Sequence[object]], rows: Sequence[_Cells]) -> _Cells | None:
    """The first combination of values that no row fits."""
    columns = [number for number, domain in enumerate(domains) if len(domain) > 1]
    found = _uncovered(columns, domains, rows)
    if found is None:
        return None
    return tuple(found.get(number, domain[0]) for number, domain in enumerate(domains))


def _uncovered(
    columns: Sequence[int], domains: Sequence[Sequence[object]], rows: Sequence[_Cells]
) -> dict[int, object] | None:
    """Value by value of the first column, with the rows that fit it; None if all are covered."""
    if not rows or not columns:
        return None if rows else {}
    column, *others = columns
    telling: dict[object, list[_Cells]] = {}
    silent = [cells for cells in rows if cells[column] is None]
    for cells in rows:
        if cells[column] is not None:
            telling.setdefault(cells[column], []).append(cells)
    for value in domains[column] if telling else domains[column][:1]:
        found = _uncovered(others, domains, [*telling.get(value, ()), *silent])
        if found is not None:
            return {column: value, **found}
    return None


def _overlapping(rows: list[_Cells]) -> Iterator[tuple[int, int]]:
    """Rows that fit the same values: they agree in all columns that neither leaves open."""
    told: dict[tuple[int, ...], list[int]] = {}
    for number, cells in enumerate(rows):
        columns = tuple(i for i, cell in enumerate(cells) if cell is not None)
        told.setdefault(columns, []).append(number)
    for one, other in combinations_with_replacement(told, 2):
        shared = [i for i in one if i in other]
        first: dict[_Cells, list[int]] = {}
        for number in told[one]:
            first.setdefault(tuple(rows[number][i] for i in shared), []).append(number)
        if one == other:
            yield from ((same[0], again) for same in first.values() for again in same[1:])
            continue
        for number in told[other]:
            for earlier in first.get(tuple(rows[number][i] for i in shared), ()):
                yield earlier, number


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is _OTHER:
        return "any other value"
    return f'"{value}"' if isinstance(value, str) else str(value)
