"""What `make run` plays: real tools, real processes, one of them killed; a record that holds."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from policy_engine.analysis.mutation import mutation
from policy_engine.foundation.database import Database
from policy_engine.foundation.source import Source
from policy_engine.language.format import formatted
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.record import Record
from policy_engine.loading import check

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "examples" / "refund_desk" / "policies"
PLAY = """
import sys
from pathlib import Path
from examples.refund_desk.__main__ import main
sys.exit(main(Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk") / "out"


@pytest.fixture(scope="module")
def told(out: Path) -> str:
    """The story as it is told where nothing is a terminal; the folder has what it left."""
    done = subprocess.run(
        [sys.executable, "-c", PLAY, out],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def chapter(told: str, out: Path) -> list[Record]:
    """The entries about the refund whose process was killed."""
    (id_,) = re.findall(r"^   worker │ \S+  (\w{12})  issue_refund  held$", told, re.MULTILINE)
    with closing(Database(out / "governance.db")) as database:
        records = list(LedgerReader(database).records())
    return [record for record in records if record.body.get("action") == id_]


def test_each_payment_is_made_once(told: str) -> None:
    assert re.findall(r"^   paid (\S+) for (\S+) to", told, re.MULTILINE) == [
        ("80", "o-1001"),
        ("640", "o-1002"),
        ("150", "o-1003"),
        ("1900", "o-1005"),
    ]


def test_the_record_holds_and_the_report_has_the_last_chapter(told: str, out: Path) -> None:
    assert "the record holds: " in told
    assert "9 ran, 2 of them after people had signed." in told
    page = (out / "report.html").read_text(encoding="utf-8")
    assert ("compliance" in page, "The photos show it." in page) == (True, True)


def test_the_process_that_proposed_is_killed_before_anybody_signs(told: str) -> None:
    order = ["→ held", "SIGKILL. Process", "issue_refund  held", "eva approved", "executed"]
    last = told[told.index("━━ 5.") :]
    places = [last.index(word) for word in order]
    assert places == sorted(places)


def test_the_turn_passes_from_a_manager_to_compliance_and_compliance_signs(
    chapter: list[Record],
) -> None:
    asked = [record for record in chapter if record.kind == "held"]
    roles = [[ask["role"] for ask in record.body["asks"]] for record in asked]  # type: ignore[attr-defined]
    assert roles == [["refunds_manager"], ["compliance"]]
    assert [r.body["by"] for r in chapter if r.kind == "approved"] == ["eva"]


def test_it_is_carried_out_once(chapter: list[Record]) -> None:
    ending = [record.kind for record in chapter if record.kind in ("intent", "executed")]
    assert ending == ["intent", "executed"]
    assert chapter[-1].kind == "executed"


@pytest.mark.parametrize("file", sorted(POLICIES.glob("*.policy")), ids=lambda file: file.stem)
def test_its_policy_is_laid_out(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert formatted(Source(file.name, text)) == (text, ())


def test_its_policy_notices_small_mistakes() -> None:
    policy, _ = check(POLICIES)
    assert policy is not None
    result = mutation(policy)
    assert result.score >= 0.9, [f"{m.name}: {m.description}" for m in result.survivors]
