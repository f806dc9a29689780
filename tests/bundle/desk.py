"""A small policy set that names other files in every way, two keys, and ways to spoil a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from policy_engine import SigningKey
from policy_engine.bundle.archive import read_archive, write_archive

FILES = {
    "desk/refunds.policy": """
policy desk.refunds "Refunds" owner "desk@desk.example"
import library.mail
import frameworks.eu_ai_act
role clerk
task pay "Pay" { input amount: Decimal }
rule paying satisfies eu_ai_act.art_15_1 permit clerk to pay when amount > 0 and amount <= 100
validation whole checks input against schema "schemas/pay.json"
rule checked require whole before pay
test "sums" for each case in "cases/sums.csv" given agent "a" as clerk
  given whole passed when pay { amount: case.amount } expect case.outcome
""",
    "desk/cases/sums.csv": "amount,outcome\n50,allow\n",
    "desk/schemas/pay.json": '{"type": "object"}',
    "desk/library/mail.policy": """
policy library.mail "Mail" owner "mail@desk.example"
import library.names
task send { input to: Text }
validation plain checks input against schema "mail.json"
rule plainly require plain before send
""",
    "desk/library/mail.json": '{"required": ["to"]}',
    "desk/library/names.policy": 'policy library.names "Names" owner "mail@desk.example"\n',
    "desk/library/unused.policy": 'policy library.unused "Unused" owner "mail@desk.example"\n',
}

SMALL = """
policy a.b owner "c"
role r
task pay { input amount: Decimal }
rule p permit r to pay when amount <= 100
"""


def write_files(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """The files in a folder; gives the path of the first."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / next(iter(files))


def key(name: str = "acme.example/policy") -> SigningKey:
    """The same key for the same name in all tests of a run."""
    return _made(name)


@cache
def _made(name: str) -> SigningKey:
    return SigningKey.new(name)


def changed(bundle: bytes, members: Mapping[str, bytes | None]) -> bytes:
    """The bundle with other members at these paths; None takes one away."""
    there: dict[str, bytes | memoryview] = {**read_archive(bundle)}
    for path, data in members.items():
        if data is None:
            del there[path]
        else:
            there[path] = data
    return write_archive(there)
