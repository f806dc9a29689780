"""Nothing that a policy says becomes code: the source has known nodes and known names alone."""

from __future__ import annotations

import ast
import keyword
import re
from typing import Any

import pytest
from hypothesis import given, strategies as st

from policy_engine import Action, Agent
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code import function, source, support
from policy_engine.decision.code.levels import OUTCOMES
from policy_engine.decision.code.source import source_of
from policy_engine.decision.history import History
from tests.decision.code.asking import Desk, act, desk
from tests.decision.code.test_nodes import POLICY, ROWS
from tests.decision.code.test_rules import POLICY as RULES
from tests.decision.loading import NOW, loaded
from tests.properties.profile import examples


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NODES = words(
    """Module FunctionDef arguments arg Try ExceptHandler Assign AugAssign If For While Break
    Return Expr
    Name Load Store Constant BoolOp And Or UnaryOp Not USub BinOp Add Sub BitAnd BitOr BitXor
    LShift RShift Compare Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn IfExp NamedExpr Call Attribute
    Subscript Tuple Set Dict List GeneratorExp ListComp DictComp comprehension Raise Slice"""
)
ATTRIBUTES = words(
    """action.context action.input action.principal action.simple given.attributes given.evidence
    given.facts given.now given.suspended principal.attributes principal.id principal.kind
    now.tzinfo"""
)
METHODS = words(
    """asked_for bit_length comes_from created dictated endswith find get isascii isdisjoint items
    lower named seen startswith trusted"""
)
GLOBAL = frozenset(
    {*source.NAMES, *support.NAMES, *support.BUILTINS, *OUTCOMES}
    | {f"every_{level}" for level in OUTCOMES}
    | {"SIMPLE", "busy", "met", "nothing", "nowhere", "origins", "over"}
    | {"over_limit", "question", "slow", "unbound"}
)
READER = re.compile(r"r\d+")
LOCAL = re.compile(r"[krt]\d+|(raw_)?[acfhips]_\w+|at_i_\w+|(deny|escalate|validate|allow)\d+")
WORDS = words(
    """action d facts found g given i k kind m now o p principal q role roles s said v w x"""
)
NAMED = frozenset({"verdict", "complete", "binding"})


def checked(text: str) -> None:
    """The source is of this kind and no other."""
    for node in ast.walk(ast.parse(text)):
        assert type(node).__name__ in NODES, ast.dump(node)
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=member):
                assert f"{name}.{member}" in ATTRIBUTES or member in METHODS, ast.unparse(node)
            case ast.Attribute(attr=member):
                assert member in METHODS or ast.unparse(node) in ATTRIBUTES | {
                    "principal.attributes.get"
                }, ast.unparse(node)
            case ast.Name(id=name):
                known = name in GLOBAL or name in WORDS or LOCAL.fullmatch(name)
                assert known, name
                assert not isinstance(node.ctx, ast.Store) or name not in GLOBAL, name
            case ast.Call(func=ast.Name(id=name)):
                assert name in GLOBAL or READER.fullmatch(name), name
            case ast.Call(func=called):
                assert isinstance(called, ast.Attribute)
                assert called.attr in METHODS, ast.unparse(node)
            case ast.FunctionDef(name=name):
                assert name in NAMED or READER.fullmatch(name)
                assert (node.decorator_list, node.args.defaults) == ([], [])


def all_checked(one: Desk) -> None:
    for found in one.functions.values():
        checked(found.text)


@pytest.mark.parametrize("condition", [row[0] for row in ROWS])
def test_conditions_of_every_kind(condition: str) -> None:
    all_checked(desk(POLICY.replace("{0}", condition)))


@pytest.mark.parametrize("many", [function.MANY, 1])
def test_rules_of_every_form(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function, "MANY", many)
    all_checked(Desk(loaded(RULES).policy))


def test_the_check_finds_what_it_should() -> None:
    """Else all of this would hold of nothing."""
    for text in (
        "import os",
        "def verdict(action, roles, given):\n    return __import__('os')",
        "def verdict(action, roles, given):\n    return action.__class__",
        "def verdict(action, roles, given):\n    return action.input.__class__",
        "def verdict(action, roles, given):\n    return (lambda: 1)()",
        "def verdict(action, roles, given):\n    slow = 1",
        "def verdict(action, roles, given):\n    return f'{i}'",
        "def evil(action, roles, given):\n    return action",
        "def verdict(action, roles, given):\n    global slow",
    ):
        with pytest.raises(AssertionError):
            checked(text)


WORDS_OF_PYTHON = sorted(
    {*keyword.kwlist, *keyword.softkwlist, "__import__", "__builtins__", "__class__", "eval"}
    | {"k0", "t1", "m", "x", "i", "d", "g", "q", "o", "p", "w", "slow", "now", "kind", "said"}
    | {"action", "roles", "given", "deny0", "every_allow", "allow", "deny", "nothing", "fit"}
    | {"SIMPLE", "raw_i_x", "i_x", "at_i_x", "x_raw", "str", "type", "len", "Exception", "met"}
)
OF_POLICIES = words(
    """allow deny given now when unless permit forbid rule task input import for in is not and or
    if else from as with true false role agents humans who until no to per of over any at human
    agent every some record fact type"""
)
PLAIN_WORDS = [word for word in WORDS_OF_PYTHON if word not in OF_POLICIES]
NAMES_OF_POLICIES = """
role {name} for agents
record Rec {{ {name}: Text  more?: Text }}
agents have {{ {name}: Text }}
context has {{ {name}: Text }}
session has {{ {name}: Text }}
define is_{name}(z: Integer) = z == 5
task {name} {{ input {name}: Integer  input rec: Rec  input flag: Boolean }}
rule r_{name} permit {name} to {name}
  when is_{name}({name}) and rec.{name} == "a" and agent.{name} == "b" and context.{name} == "c"
    and session.{name} == "d"
rule {name} forbid {name} to {name} when {name} == 6
"""


@pytest.mark.parametrize("name", PLAIN_WORDS)
def test_a_name_is_a_name_whatever_it_means_to_python(name: str) -> None:
    built_ = NAMES_OF_POLICIES.format(name=name)
    one = desk(built_)
    all_checked(one)
    given_ = Circumstances(NOW, attributes={name: "d"}, history=History())
    roles = frozenset({name})
    for number, outcome in ((5, "allow"), (6, "deny"), (7, "deny")):
        input_: dict[str, Any] = {"rec": {name: "a"}, "flag": True, name: number}
        action = Action(Agent("a", **{name: "b"}), name, input_, {name: "c"})
        assert one.same(action, given_, roles)[0] == outcome


def quoted(text: str) -> str:
    """A text as a policy writes it."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + plain.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'


EVIL = [
    '"',
    "'",
    "'''",
    '"""',
    "\\",
    "\\'",
    "\\n",
    "\n",
    "{}",
    "{0}",
    "{x!r}",
    "%s",
    "'); import os; ('",
    "' or True or '",
    "'\n    return allow0\n#",
    "__import__('os').system('true')",
    "\\x41",
    "\\u0041",
    "\\N{DIGIT ONE}",
    "kind == 'agent'",
    "question(",
    "origins(",
    "é",
    "ﬁ",
    "a\u2028b",
    "\u202egnp",
    "😀",
    "\x7f",
    "",
]
TEXTS = """
type Kind = {0} | "other {1}"
role clerk {0}
task t {0} {{
  input kind_: Kind  input name: Text  input n: Integer  input tags: map of Text to Text
}}
table look(name: Text): Text {{ {0} -> {0} otherwise -> "no" }}
rule r {0} permit any agent to t when kind_ == {0} and name == {0} and name in [{0}, "z"]
  and name starts with {0} and look(name) == {0} and name + "x" != {0} and not (name + {0} == "x")
rule v permit any agent to t when name like {2}
rule f forbid any agent to t when n == 1 and name == {0} hint {0}
rule g forbid any agent to t when n == 2 and tags[{0}] == {0}
"""


def say(text: str) -> str:
    glob = re.sub(r"[*?\[\]]", "", text) or "z"
    return TEXTS.format(quoted(text), "y", quoted(glob + "*"))


@pytest.mark.parametrize("many", [function.MANY, 1])
@pytest.mark.parametrize("text", [one for one in EVIL if one.isprintable() or one == "\n"])
def test_a_text_is_a_text_whatever_it_says(
    text: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function, "MANY", many)
    decided(text)


@examples(60)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=12))
def test_any_text_is_a_text(text: str) -> None:
    decided(text)


def decided(text: str) -> None:
    one = Desk(loaded(say(text)).policy)
    all_checked(one)
    fine: dict[str, Any] = {"kind_": text, "name": text, "tags": {text: text}}
    assert "r" in one.same(act("t", n=0, **fine))[1]
    assert one.same(act("t", n=1, **fine)) == ("deny", ("f",))
    assert one.same(act("t", n=2, **fine)) == ("deny", ("g",))
    one.same(act("t", n=0, **{**fine, "name": f"{text}x"}))


SOURCES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.timedeltas(),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)


@examples(200)
@given(SOURCES)
def test_the_source_of_a_constant_gives_it_back(value: object) -> None:
    text = source_of(value)
    names = {**source.NAMES, "__builtins__": {}}
    again = eval(text, names)
    assert (again, type(again)) == (value, type(value))
    checked(text)
