"""The tables as an Excel workbook. Needs the extra `xlsx`.

Every text is written as text: nothing from the record becomes a formula or a link. A number that
a spreadsheet would round is text too. Raises `InputError` where a table does not fit a sheet.
"""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

from policy_engine.audit.exports.material import Material
from policy_engine.audit.exports.tables import Cell, Table, tables
from policy_engine.audit.statement import statement
from policy_engine.audit.words import asked_period
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.errors import InputError

try:
    import xlsxwriter
except ImportError as error:
    raise ImportError(
        "a workbook needs its library: pip install 'agent-policy-engine[xlsx]'"
    ) from error

MOST_ROWS = 1_048_575
"""What a sheet holds below the line of column names."""
LONGEST = 32_767
"""Characters (UTF-16 units) of a cell."""
_CUT = "… (cut: a cell holds no more)"
_DIGITS = 15
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def workbook(material: Material) -> bytes:
    """A sheet about the record, then one a table."""
    counted = tables(material)
    for table in counted:
        if len(table.rows) > MOST_ROWS:
            lines = f"{len(table.rows):,} {table.name}"
            raise InputError(f"{lines} do not fit a sheet; choose a shorter period")
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    book.set_properties({"created": material.at.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    for table in (_about(material), *counted):
        _sheet(book, table, bold)
    book.close()
    return out.getvalue()


def _about(material: Material) -> Table:
    report = material.report
    verification = report.verification
    rows: list[tuple[Cell, ...]] = [
        ("record", material.origin),
        ("as of", timestamp_text(material.at)),
        ("period", f"{asked_period(report.summary.period, report.summary.zone)}"),
        ("zone of the period", str(report.summary.zone)),
        ("entries", verification.entries),
        ("head", verification.head),
        ("pinned head", report.pinned),
        ("the record holds", "yes" if verification.holds else "NO"),
        ("root of the tree of its entries", verification.root),
        *((f"{f.code.id}, entry {f.number}", f.text) for f in verification.findings),
        *(("in short", said) for said in statement(report)),
    ]
    return Table("about", ("what", "value"), tuple(rows))


def _sheet(book: Any, table: Table, bold: Any) -> None:
    sheet = book.add_worksheet(table.name)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, name, bold)
    for number, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(row):
            _put(sheet, number, column, cell)


def _put(sheet: Any, row: int, column: int, cell: Cell) -> None:
    match cell:
        case None:
            return
        case str():
            sheet.write_string(row, column, _fitting(cell))
        case int() | Decimal() if _exact(cell):
            sheet.write_number(row, column, cell)
        case _:
            sheet.write_string(row, column, f"{cell:f}" if isinstance(cell, Decimal) else str(cell))


def _exact(number: int | Decimal) -> bool:
    """Whether a spreadsheet, which has 15 digits, shows the number as it is."""
    return len(Decimal(number).as_tuple().digits) <= _DIGITS


def _fitting(text: str) -> str:
    if len(text.encode("utf-16-le")) // 2 <= LONGEST:
        return text
    kept = text.encode("utf-16-le")[: 2 * (LONGEST - len(_CUT))].decode("utf-16-le", "ignore")
    return kept + _CUT
