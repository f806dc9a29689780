"""Raw Casbin for comparison: the models of these tests, and enforcers made of lines of text."""

from __future__ import annotations

from typing import Any

import casbin
from casbin import persist

ROLES = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
g2 = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""

EFFECTS = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub) && (r.obj == p.obj || p.obj == "*") && r.act == p.act
"""

DOMAINS = """
[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, dom, obj, act
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act
"""


def text_adapter(*lines: str) -> Any:
    """An adapter of Casbin's that hands over these lines."""
    return persist.adapters.StringAdapter("\n".join(lines) or "\n")


def enforcer_of(model: str, *lines: str, kind: Any = casbin.Enforcer) -> Any:
    """An enforcer of Casbin's, as somebody else would make it."""
    return kind(casbin.Enforcer.new_model(text=model), text_adapter(*lines))
