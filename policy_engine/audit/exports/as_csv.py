"""Tables as CSV (RFC 4180): UTF-8, a line of column names, lines that end with CR LF."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from policy_engine.audit.exports.material import Material
from policy_engine.audit.exports.tables import Cell, Table, actions, harmless, tables


def actions_csv(material: Material) -> bytes:
    """One row an action."""
    return _written(actions(material))


def folder_csv(material: Material) -> dict[str, bytes]:
    """A file a table, by its name: `actions.csv`, `tasks.csv`, …"""
    return {f"{table.name}.csv": _written(table) for table in tables(material)}


def _written(table: Table) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_text(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8")


def _text(cell: Cell) -> str:
    """Numbers as they are, also those below zero; texts made harmless; nothing where is nothing."""
    match cell:
        case None:
            return ""
        case str():
            return harmless(cell)
        case Decimal():
            return f"{cell:f}"
        case _:
            return str(cell)
