"""A tiny policy to hang rules and tests on."""

from __future__ import annotations

from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from policy_engine.language.policy import PolicySet

_BASE = """policy t.desk "A desk" owner "o@t.example" times in "UTC"
role clerk for agents
role aide for agents
role boss for humans
role chief for humans
task pay "Pay" {
  input n: Integer
  input d: Decimal
  input to: Text
  input note?: Text
  input at: Timestamp
  input xs: list of Integer
}
task look "Look" {}
validation checked "It is checked" checks n that n > 0
"""


def policy_of(text: str) -> PolicySet:
    """The base with more statements."""
    built = build([Source("desk.policy", _BASE + text)], lambda file, name: None)
    assert built.policy is not None, [(d.title, d.place) for d in built.diagnostics if d.is_error]
    return built.policy


def paying(n: int = 1, d: str = "1", to: str = "x", expect: str = "allow", given: str = "") -> str:
    """A test of `pay`."""
    input_ = f'n: {n}, d: {d}, to: "{to}", at: 2026-01-01T12:00:00Z, xs: []'
    return f'test "{n}" given agent "a" as clerk {given} when pay {{ {input_} }} expect {expect}\n'
