"""What people write from habit is answered with what stands for it here."""

from __future__ import annotations

import pytest

from policy_engine.foundation.source import Source
from policy_engine.language.build import build

HEAD = (
    'policy hr.mail "Mail" owner "hr@hr.example"\nrole hr for agents\n'
    "task send { input salary: Integer input note: Text }\n"
)


@pytest.mark.parametrize(
    ("written", "help_"),
    [
        ("allow hr to send", "write `permit`"),
        ("deny hr to send", "write `forbid`"),
        ("permits hr to send", "write `permit`"),
        ("if salary > 5 then escalate send to hr", "conditions come after the rest"),
        ("hr may send", "a rule begins with what it does"),
        ("permit hr to send when salary > 50,000", "write large numbers as 50_000"),
        ("permit hr to send when salary > 1e6", "no exponents"),
        ("permit hr to send when salary is less than 5", "write `<`"),
        ('permit hr to send when note is "x"', "write `==`"),
        ("permit hr to send when salary = 5", "write `==`"),
        ('permit hr to send when note contains "x"', "write `matches"),
        ("permit hr to send when salary between 5 and 6", "two comparisons"),
        ("permit hr to send when salary > 1 && salary < 5", "write `and`"),
        ("permit hr to send when note == 'x'", "double quotes"),
        ("permit hr to send when salary / 2 > 5", "no division"),
        ("permit hr to all tasks", "write `any task`"),
        ("escalate send to two hr", "`to 2 of ROLE`"),
        ("permit hr-x to send", "names have `_`"),
        ('permit hr to send when note == “x”', 'write `"`'),
    ],
)  # fmt: skip
def test_habit(written: str, help_: str) -> None:
    source = Source("habit.policy", f"{HEAD}rule some {written}\n")
    (diagnostic,) = build([source], lambda *_: None).diagnostics
    assert help_ in (diagnostic.help or "")
