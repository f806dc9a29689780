"""CSV and workbook: one row an action, exact, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from policy_engine.audit.exports import as_xlsx
from policy_engine.audit.exports.as_csv import actions_csv, folder_csv
from policy_engine.audit.exports.as_xlsx import workbook
from policy_engine.audit.exports.material import Material
from policy_engine.audit.exports.tables import COLUMNS, harmless, seconds, tables
from policy_engine.foundation.errors import InputError
from tests.audit.exports.conftest import FORMULA

ROOT = Path(__file__).resolve().parents[3]


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def with_story(material: Material, **members: object) -> Material:
    """The first action alone, with other members."""
    summary = material.report.summary
    story = replace(summary.stories[0], **members)  # type: ignore[arg-type]
    return replace(
        material, report=replace(material.report, summary=replace(summary, stories=(story,)))
    )


def test_a_row_is_an_action(material: Material) -> None:
    found = rows(actions_csv(material))
    assert [(row["task"], row["standing"]) for row in found] == [
        ("pay", "executed"),
        ("pay", "executed_after_signature"),
        ("pay", "rejected"),
        ("pay", "denied"),
        ("pay", "denied"),
        ("mail", "denied"),
    ]
    assert list(found[0]) == [column.name for column in COLUMNS]


def test_the_guide_tells_every_column() -> None:
    guide = (ROOT / "docs/guides/audit.md").read_text(encoding="utf-8")
    told = [f"| `{column.name}` | {column.meaning} |" for column in COLUMNS]
    assert "\n".join(told) in guide


def test_numbers_and_times_are_exact(material: Material) -> None:
    _, signed, *_, cents, _ = rows(actions_csv(material))
    assert (signed["waited_seconds"], signed["signed_by"]) == ("1200", "ann")
    assert signed["proposed"].endswith("Z")
    assert cents["input"] == '{"amount":{"$decimal":"123.45"},"to":"shop-1"}'


@pytest.mark.parametrize(
    ("span", "written"),
    [
        (None, None),
        (timedelta(0), 0),
        (timedelta(days=3), 259_200),
        (timedelta(microseconds=1), Decimal("0.000001")),
        (timedelta(days=100_000, microseconds=1), Decimal("8640000000.000001")),
        (timedelta(seconds=-5), -5),
    ],
)
def test_a_span_of_time_is_seconds_to_the_microsecond(
    span: timedelta | None, written: int | Decimal | None
) -> None:
    assert seconds(span) == written


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_begins_like_a_formula_is_made_harmless(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"
    assert harmless(f"a{start}") == f"a{start}"


def test_no_cell_of_a_csv_is_a_formula(material: Material) -> None:
    for name, data in folder_csv(material).items():
        for row in csv.reader(io.StringIO(data.decode("utf-8"), newline="")):
            for cell in row:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)
    last = rows(actions_csv(material))
    assert (last[2]["rejected_why"], last[5]["principal"]) == (f"'{FORMULA}", "'@agent")


def test_a_folder_has_a_file_a_table(material: Material) -> None:
    files = folder_csv(material)
    names = ["actions", "tasks", "agents", "rules", "roles", "people"]
    assert list(files) == [f"{name}.csv" for name in names]
    assert {row["person"]: row["signed"] for row in rows(files["people.csv"])} == {
        "ann": "1",
        "ben": "0",
    }


def test_a_workbook_has_the_same_rows_and_no_formula(material: Material) -> None:
    book = load_workbook(io.BytesIO(workbook(material)))
    assert book.sheetnames == ["about", *(table.name for table in tables(material))]
    for table in tables(material):
        header, *lines = book[table.name].iter_rows()
        assert tuple(cell.value for cell in header) == table.columns
        assert [tuple(cell.value for cell in line) for line in lines] == list(table.rows)
        assert all(c.data_type != "f" and c.hyperlink is None for line in lines for c in line)


def test_a_number_that_a_sheet_would_round_is_text(material: Material) -> None:
    large = 2**60 + 1
    book = load_workbook(io.BytesIO(workbook(with_story(material, milliseconds=large))))
    column = [c.name for c in COLUMNS].index("tool_milliseconds") + 1
    assert book["actions"].cell(2, column).value == str(large)


def test_a_text_that_does_not_fit_a_cell_is_cut_and_says_so(material: Material) -> None:
    book = load_workbook(io.BytesIO(workbook(with_story(material, problem="é😀" * 20_000))))
    column = [c.name for c in COLUMNS].index("problem") + 1
    value = book["actions"].cell(2, column).value
    assert value.endswith("(cut: a cell holds no more)")
    assert len(value.encode("utf-16-le")) // 2 <= as_xlsx.LONGEST


def test_what_does_not_fit_a_sheet_is_refused(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_xlsx, "MOST_ROWS", 5)
    with pytest.raises(InputError, match="6 actions do not fit a sheet"):
        workbook(material)


def test_an_empty_record_has_columns_and_no_rows(empty: Material) -> None:
    assert rows(actions_csv(empty)) == []
    assert load_workbook(io.BytesIO(workbook(empty)))["about"]["B9"].value == "NO"
