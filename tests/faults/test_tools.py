"""Tools that do not keep to anything: what came of them is on the record, and nothing leaks.

Each runs in a process of its own, once as it is and once under an obligation on what it returns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import pytest

from tests.faults.audit import records_of
from tests.faults.conftest import Stage
from tests.faults.processes import apart
from tests.faults.scene import Scene, pay

SECRET = "hunter2"
POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
task pay { input amount: Decimal  output receipt: Text trusted }
task ping { input amount: Decimal }
rule pays permit bot to pay, ping
validation short checks receipt that size of receipt < 1_000
"""
OBLIGED = POLICY + "rule shown require short after pay\n"
RAISES: Mapping[str, Callable[[], BaseException]] = {
    "an error": lambda: ValueError(SECRET),
    "an error without words": lambda: Mute(),
    "the end of the program": lambda: SystemExit(3),
    "an interrupt": lambda: KeyboardInterrupt(),
    "the end of a generator": lambda: GeneratorExit(),
    "what a loop ends with": lambda: StopIteration(SECRET),
    "a lack of memory": lambda: MemoryError(),
    "a group of errors": lambda: BaseExceptionGroup("all", [SystemExit(1), ValueError(SECRET)]),
}


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def hostile(*_: object, **__: object) -> NoReturn:
    raise RuntimeError(SECRET)


def leaving(*_: object, **__: object) -> NoReturn:
    raise SystemExit(3)


def raising(*names: str, base: type = object, by: Callable[..., NoReturn] = hostile) -> Any:
    """An object whose methods raise."""
    return type("Hostile", (base,), dict.fromkeys(names, by))


@dataclass
class Account:
    """A data class one of whose fields raises when it is read."""

    @property
    def receipt(self) -> str:
        raise RuntimeError(SECRET)


def _loop() -> list[object]:
    ring: list[object] = []
    ring.append(ring)
    return ring


OUTPUTS: Mapping[str, Callable[[], object]] = {
    "another type": lambda: {"receipt": 5},
    "another type that is plain": lambda: 17,
    "nothing": lambda: None,
    "too long": lambda: "x" * 2_000,
    "no number": lambda: float("nan"),
    "an object": lambda: object(),
    "bytes": lambda: b"\xff",
    "a function": lambda: hostile,
    "a generator": lambda: (n for n in range(3)),
    "half an emoji": lambda: "\ud83d",
    "a ring": _loop,
    "a deep list": lambda: _deep(100_000),
    "an open file": lambda: open("/dev/null"),  # noqa: SIM115, PTH123
    "a raising repr": lambda: raising("__repr__", "__str__", "__format__")(),
    "a raising attribute": lambda: raising("__getattribute__")(),
    "a raising class": lambda: type("Hostile", (), {"__class__": property(hostile)})(),
    "a raising dump": lambda: raising("model_dump", "dict", "to_dict", "_asdict")(),
    "a raising mapping": lambda: raising("items", "__iter__", "__len__", base=dict)(a=1),
    "a raising list": lambda: raising("__iter__", "__len__", "__getitem__", base=list)([1]),
    "a raising text": lambda: raising("encode", "__str__", "__len__", "__hash__", base=str)("x"),
    "a raising number": lambda: raising("__int__", "__str__", "__eq__", "__hash__", base=int)(3),
    "a raising field": Account,
    "a raising comparison": lambda: raising("__eq__", "__hash__", "__bool__", "__len__")(),
    "a raising copy": lambda: raising("__deepcopy__", "__copy__", "__reduce_ex__")(),
    "a leaving dump": lambda: raising("model_dump", by=leaving)(),
    "a leaving list": lambda: raising("__iter__", "__len__", base=list, by=leaving)([1]),
}
FITS = frozenset(("a raising text",))
"""These are text as declared, whatever else they are."""


def outputs(*, fits: bool) -> list[Any]:
    """The names of all outputs, or of those that do not fit what is declared."""
    return [name for name in OUTPUTS if fits or name not in FITS]


def _deep(levels: int) -> list[object]:
    deep: list[object] = []
    for _ in range(levels):
        deep = [deep]
    return deep


def returning(scene: Scene, what: str) -> Callable[[], tuple[str, str, str]]:
    """Calls a tool that returns something: how it stands, its code, what the caller gets."""
    return _calling(scene, lambda: OUTPUTS[what]())


def paying(scene: Scene) -> Callable[[], tuple[str, str, str]]:
    return _calling(scene, lambda: "paid")


def failing(scene: Scene, what: str) -> Callable[[], tuple[str, str, str]]:
    def fail() -> NoReturn:
        raise RAISES[what]()

    return _calling(scene, fail)


def hanging(scene: Scene, seconds: float) -> Callable[[], tuple[str, str, str]]:
    """Calls a tool that answers too late, and waits until it has."""

    def late() -> str:
        time.sleep(seconds)
        return SECRET

    act = _calling(scene, late, time_limit=0.2)

    def waiting() -> tuple[str, str, str]:
        found = act()
        time.sleep(seconds)
        return found

    return waiting


def _calling(
    scene: Scene, then: Callable[[], object], **options: Any
) -> Callable[[], tuple[str, str, str]]:
    gate = scene.gate({"pay": scene.tool("pay", then)}, **options)

    def act() -> tuple[str, str, str]:
        session = gate.open("Pay 5")
        result = scene.tell(gate.submit(pay(5), session=session, key="k"))
        again = gate.submit(pay(5), session=session, key="k")
        assert (again.id, again.status) == (result.id, result.status)
        gate.close()
        plain = result.output is None or type(result.output) in (str, int, dict)
        output = repr(result.output) if plain else "something"
        return result.status.value, result.code.id if result.code else "", output

    return act


def kinds(scene: Scene) -> list[str]:
    """The last two entries of the record."""
    return [r.kind for r in records_of(scene)][-2:]


@pytest.mark.parametrize("policy", [POLICY, OBLIGED], ids=["free", "obliged"])
@pytest.mark.parametrize("what", RAISES)
def test_a_tool_that_raises_has_failed(stage: Stage, policy: str, what: str) -> None:
    scene = stage(policy)
    assert apart(partial(failing, scene, what)) == ("failed", "R601", "None")
    assert kinds(scene) == ["intent", "failed"]
    if policy == OBLIGED:
        assert SECRET not in str(records_of(scene))


@pytest.mark.parametrize("policy", [POLICY, OBLIGED], ids=["free", "obliged"])
def test_a_tool_that_hangs_leaves_an_outcome_that_nobody_knows(stage: Stage, policy: str) -> None:
    """What it says when it comes back is heard by nobody."""
    scene = stage(policy)
    assert apart(partial(hanging, scene, 0.6)) == ("unknown", "R602", "None")
    assert kinds(scene) == ["intent", "unknown"]
    assert SECRET not in str(records_of(scene))


@pytest.mark.parametrize("what", outputs(fits=True))
def test_an_output_without_a_plain_form_is_still_an_execution(stage: Stage, what: str) -> None:
    scene = stage(POLICY)
    status, code, _ = apart(partial(returning, scene, what))
    assert (status, code) in (("executed", ""), ("executed", "R604"))
    assert kinds(scene) == ["intent", "executed"]


@pytest.mark.parametrize("what", outputs(fits=False))
def test_an_output_that_cannot_be_validated_is_withheld(stage: Stage, what: str) -> None:
    scene = stage(OBLIGED)
    assert apart(partial(returning, scene, what)) == ("withheld", "R608", "None")
    assert kinds(scene) == ["executed", "withheld"]
    assert len(scene.effects()) == 1


def test_an_output_that_is_as_declared_is_released(stage: Stage) -> None:
    """What the tests above withhold is withheld for what it is."""
    scene = stage(OBLIGED)
    assert apart(partial(paying, scene)) == ("executed", "", "'paid'")
