"""One task's rules as the source of functions.

`verdict(action, roles, given)` stops at the first rule that settles the outcome and names it;
`complete(action, roles, given)` goes on and names all of them. Both answer what `decide` answers:
forbids deny, a permit must be there, people are asked before validations run. Evidence other than
the user's own confirmation they leave to the interpreter where it could matter. `binding` gives
the digest that such a confirmation is bound to.
What they cannot read themselves they ask of the interpreter, condition by condition; an action
that is not of the simple kind, and whatever raises, they leave to it altogether (`slow`), which
refuses what it cannot decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import NamedTuple

from policy_engine.decision.code import vectors
from policy_engine.decision.code.clauses import Clause, clauses_of
from policy_engine.decision.code.emitter import Emitter, Kinds, NotEmitted, both, tuple_of
from policy_engine.decision.code.guards import ONLY_SIMPLE, SLOW, guard, reading
from policy_engine.decision.code.levels import LEVELS, PARTS, Level, Part
from policy_engine.decision.code.loads import data_of, loads, must_be_simple, needs
from policy_engine.decision.code.truths import FALSE, TRUE
from policy_engine.decision.code.values import KNOWN, VALUE
from policy_engine.decision.code.vectors import Entry
from policy_engine.decision.code.writers import input_text
from policy_engine.decision.program import CompiledRule, CompiledWaiver, TaskRules, is_self
from policy_engine.language.policy import Condition, Effect, PolicySet, Subject

MANY = 160
"""From so many rules of one level on, bit vectors are faster than one test after the other."""

_KINDS = Kinds(TRUE, FALSE, VALUE, KNOWN)


class Waived(NamedTuple):
    """A rule that denies unless one of its exceptions holds: then people are asked."""

    entry: Entry
    exceptions: tuple[tuple[int, str], ...]
    """The bit of each, and the test that it holds."""


@dataclass(frozen=True, slots=True)
class Function:
    """The source of a task's functions, and the rules that its bits stand for."""

    task: str
    source: Mapping[Part, str]
    names: Mapping[Level, tuple[str, ...]]
    confirming: frozenset[str]
    """The rules that ask for the user's own confirmation."""
    needs_circumstances: bool
    """Whether something in it is unknown without them."""
    left: Mapping[str, str]
    """Rules with something that is asked of the interpreter, each with what."""
    vectors: frozenset[Level]
    """The levels whose rules are decided by bit vectors."""

    def code(self, part: Part) -> CodeType:
        """One part of it, compiled."""
        name = f"<{part} of the policy's task {self.task!r}>"
        return compile(self.source[part], name, "exec", optimize=2)

    @property
    def text(self) -> str:
        """All of the source."""
        return "\n".join(self.source[part] for part in PARTS)


class Entries(NamedTuple):
    """A task's rules before they are written: on each level they have bits of their own."""

    names: Mapping[Level, tuple[str, ...]]
    """The rules that the bits stand for."""
    levels: Mapping[Level, tuple[Entry, ...]]
    waived: tuple[Waived, ...]
    """Rules that deny, unless an exception holds; they are not among those of `deny`."""


def function_of(rules: TaskRules, policy: PolicySet) -> Function:
    """The functions of one task."""
    return _Writer(rules, policy).function()


def entries_of(rules: TaskRules, policy: PolicySet) -> Entries:
    """The rules of one task as they are indexed where there is no evidence."""
    return _Writer(rules, policy, evidence=False).entries()


class _Writer:
    def __init__(self, rules: TaskRules, policy: PolicySet, *, evidence: bool = True) -> None:
        self._task = rules.task
        self._evidence = evidence
        self._emitter = Emitter(data_of(rules.task, policy), policy.defines, policy.tables, _KINDS)
        self._names: dict[Level, list[str]] = {level: [] for level in LEVELS}
        self._waived: list[Waived] = []
        self._kind = False
        """Whether it matters which kind of principal acts."""
        self._entries: dict[Level, list[Entry]] = {level: [] for level in LEVELS}
        self._confirming: set[str] = set()
        # The first of a level is named: a confirmation only if no check is missing.
        for compiled in (*sorted(rules.narrowing, key=_is_confirm), *rules.permits):
            self._add(compiled)
        many = [entry for some in self._entries.values() if len(some) >= MANY for entry in some]
        self._constants = vectors.constants_of(many)
        self._guard = list(guard(self._task.inputs))

    def function(self) -> Function:
        places = list(vectors.positions(self._constants, self._emitter))
        quick, whole = [*places, *self._quick()], [*places, *self._whole()]
        roots = needs(self._emitter.data)
        e = self._emitter
        given = e.needs_circumstances or e.needs_now or bool(roots & {"fact", "session"})
        head: list[str] = []
        if given:
            head.append(f"if given is None or given.suspended: return {SLOW}")
        if self._kind or roots & {"agent", "human", "principal"}:
            head += ["principal = action.principal", "kind = principal.kind"]
        if self._emitter.needs_now:
            head.append("now = given.now")
            head.append("if now.tzinfo is not UTC: now = in_utc(now)")
        head += loads(self._emitter.data, self._emitter)
        if e.needs_question:
            head.append("q = None")
        if e.needs_origins:
            head.append("o = None")
        reading_ = list(reading(self._task.inputs, self._emitter))
        bound = f"bound(action, {input_text(self._task.inputs, e)})"
        unbound = "unbound(action)"
        early = [ONLY_SIMPLE] if must_be_simple(self._emitter.data) else []
        constants = (f"{name} = {text}\n" for name, text in self._emitter.constants())
        return Function(
            self._task.name,
            {
                "constants": "".join((*constants, *e.functions())),
                "verdict": _function("verdict", [*reading_, *early, *head], quick),
                "complete": _function("complete", [*reading_, *self._guard, *head], whole),
                "binding": _function(
                    "binding",
                    [*reading_, *guard(self._task.inputs, unbound)],
                    [f"return {bound}"],
                    unbound,
                ),
            },
            self.entries().names,
            frozenset(self._confirming),
            given,
            dict(sorted(self._emitter.left.items())),
            frozenset(level for level in LEVELS if len(self._entries[level]) >= MANY),
        )

    def entries(self) -> Entries:
        return Entries(
            {level: tuple(names) for level, names in self._names.items()},
            {level: tuple(some) for level, some in self._entries.items()},
            tuple(self._waived),
        )

    def _add(self, compiled: CompiledRule) -> None:
        rule = compiled.rule
        if rule.form == "require after":
            return
        level = _level(compiled)
        tests = self._tests(rule.conditions, rule.name, surely=level == "allow")
        if rule.observe_until is not None:
            e = self._emitter
            tests.insert(0, Clause(f"{e.now()} >= {e.constant(rule.observe_until)}"))
        if _is_confirm(compiled):
            self._confirming.add(rule.name)
            tests += [Clause(self._unconfirmed())] if self._evidence else []
        if rule.effect is Effect.LIMIT:
            tests.append(Clause(self._limit(compiled), asks=True))
        if any(test.text == "False" for test in tests):
            return
        tests = [test for test in tests if test.text != "True"]
        entry = _entry(self._bit(level, rule.name), rule.subject, tests)
        if level == "deny" and compiled.waivers:
            self._waived.append(Waived(entry, tuple(map(self._exception, compiled.waivers))))
        else:
            self._entries[level].append(entry)

    def _tests(self, conditions: Sequence[Condition], name: str, *, surely: bool) -> list[Clause]:
        found: list[Clause] = []
        for number, condition in enumerate(conditions):
            found += clauses_of(condition, name, number, self._emitter, surely=surely)
        return found

    def _unconfirmed(self) -> str:
        """A test that the user's own confirmation of the action is not there."""
        there = f"is_confirmed(action, given, {input_text(self._task.inputs, self._emitter)})"
        return f"not (given is not None and given.evidence and {there})"

    def _limit(self, compiled: CompiledRule) -> str:
        """A test that a limit would be passed, or may be; mostly from what is tallied."""
        e, rule, limit = self._emitter, compiled.rule, compiled.rule.limit
        assert limit is not None
        e.left[rule.name] = "how much of a limit is used"
        try:
            keys = tuple_of([e.value(key) for key in limit.per if not is_self(key)])
            own = e.data.get("input", limit.sum_of).variable.name if limit.sum_of else "1"
            e.needs_circumstances = True
            known = f"{keys}, {own}, {e.value(limit.bound)}"
            return f"over(action, roles, given, {rule.name!r}, {known})"
        except NotEmitted:
            return f"over_limit({self._emitter.question()}, {rule.name!r})"

    def _exception(self, compiled: CompiledWaiver) -> tuple[int, str]:
        waiver, e = compiled.waiver, self._emitter
        tests = self._tests(waiver.conditions, waiver.name, surely=True)
        entry = _entry(self._bit("escalate", waiver.name), waiver.subject, tests)
        return entry.bit, both(f"{e.now()} < {e.constant(waiver.until)}", self._whole_test(entry))

    def _bit(self, level: Level, name: str) -> int:
        names = self._names[level]
        if name not in names:
            names.append(name)
        return names.index(name)

    def _whole_test(self, entry: Entry) -> str:
        return both(self._who(entry), *(test.text for test in entry.tests))

    def _who(self, entry: Entry) -> str:
        roles = sorted(entry.roles)
        if len(roles) == 1:
            return f"{roles[0]!r} in roles"
        if roles:
            return f"not roles.isdisjoint({self._emitter.constant(frozenset(roles))})"
        if entry.kind is None:
            return "True"
        self._kind = True
        return f"kind == {entry.kind!r}"

    def _busy(self, answer: str) -> Iterator[str]:
        """Whether another holds what is exclusive, or may: then it is denied, by no rule."""
        if self._task.exclusive:
            self._emitter.left[self._task.name] = "whether another is under way"
            yield f"if busy({self._emitter.question()}): {answer}"

    def _quick(self) -> Iterator[str]:
        """Denies end it; what is milder waits in `x` for the permit without which it is a deny."""
        milder = bool(self._waived or self._entries["escalate"] or self._entries["validate"])
        if milder:
            yield "x = None"
        yield from self._quick_denies()
        for entry, exceptions in self._waived:
            yield f"if {self._whole_test(entry)}:"
            for number, (bit, test) in enumerate(exceptions):
                yield f"    {'el' if number else ''}if {test}: x = escalate{bit}"
            yield f"    else: return deny{entry.bit}"
        yield from self._busy("return nothing")
        yield from self._quick_level("escalate", "x = {}", "x is None")
        yield from self._quick_level("validate", "x = {}", "x is None")
        if not self._entries["allow"]:
            yield "return nothing"
            return
        yield from self._quick_grants()
        yield from self._guard
        yield "return g if x is None else x" if milder else "return g"

    def _quick_level(self, level: Level, then: str, first: str = "True") -> Iterator[str]:
        entries = self._entries[level]
        if len(entries) >= MANY:
            yield from self._vectors(entries)
            yield f"if {both(first, 'm')}: {then.format(_lowest(level))}"
            return
        for entry in entries:
            test = both(first, self._whole_test(entry))
            does = then.format(f"{level}{entry.bit}")
            yield does if test == "True" else f"if {test}: {does}"

    def _quick_denies(self) -> Iterator[str]:
        entries = self._entries["deny"]
        if len(entries) >= MANY:
            yield from self._quick_level("deny", "return {}")
            return
        cheap = [entry for entry in entries if not any(clause.asks for clause in entry.tests)]
        others = [entry for entry in entries if any(clause.asks for clause in entry.tests)]
        for some in (cheap, others):
            yield from self._nested(some, "return deny{}")

    def _quick_grants(self) -> Iterator[str]:
        """The first permit that holds, in `g`; the loop is there to be left."""
        entries = self._entries["allow"]
        if len(entries) >= MANY:
            yield from self._vectors(entries)
            yield "if not m: return nothing"
            yield f"g = {_lowest('allow')}"
            return
        yield "while True:"
        for line in self._nested(entries, "g = allow{}; break"):
            yield f"    {line}"
        yield "    return nothing"

    def _nested(self, entries: Sequence[Entry], does: str) -> Iterator[str]:
        """Rules about the same people together, so that a role is looked up once."""
        for who, group in self._by_subject(entries):
            indent = "" if who == "True" else "    "
            if indent:
                yield f"if {who}:"
            for entry in group:
                test = both(*(clause.text for clause in entry.tests))
                then = does.format(entry.bit)
                yield f"{indent}{then}" if test == "True" else f"{indent}if {test}: {then}"

    def _whole(self) -> Iterator[str]:
        """All of them; a bit of each in `d`, `s`, `v` and `g`."""
        yield from self._whole_level("deny", "d")
        yield from self._whole_level("escalate", "s")
        for entry, exceptions in self._waived:
            yield f"if {self._whole_test(entry)}:"
            yield "    w = 0"
            for bit, test in exceptions:
                yield f"    if {test}: w |= {1 << bit:#x}"
            yield "    s |= w"
            yield f"    if not w: d |= {1 << entry.bit:#x}"
        yield from self._busy("return every_deny[d]")
        yield "if d: return every_deny[d]"
        yield from self._whole_level("allow", "g")
        yield "if not g: return every_deny[d]"
        yield "if s: return every_escalate[s]"
        if self._entries["validate"]:
            yield from self._whole_level("validate", "v")
            yield "if v: return every_validate[v]"
        yield "return every_allow[g]"

    def _whole_level(self, level: Level, into: str) -> Iterator[str]:
        entries = self._entries[level]
        if len(entries) >= MANY:
            yield from self._vectors(entries)
            yield f"{into} = m"
            return
        yield f"{into} = 0"
        yield from self._nested(entries, f"{into} |= 1 << {{}}")

    def _by_subject(self, entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
        """Rules about the same people together, so that a role is looked up once."""
        groups: dict[str, list[Entry]] = {}
        for entry in entries:
            groups.setdefault(self._who(entry), []).append(entry)
        return sorted(groups.items())

    def _vectors(self, entries: Sequence[Entry]) -> Iterator[str]:
        self._kind = self._kind or any(entry.kind is not None for entry in entries)
        return vectors.lines(vectors.vectors_of(entries, self._constants), self._emitter)


def _lowest(level: Level) -> str:
    """The verdict of the first rule whose bit is in `m`."""
    return f"{level}[(m & -m).bit_length() - 1]"


def _entry(bit: int, subject: Subject, tests: Iterable[Clause]) -> Entry:
    ordered = sorted(tests, key=lambda clause: clause.cost)
    return Entry(bit, subject.roles, None if subject.roles else subject.kind, tuple(ordered))


def _is_confirm(compiled: CompiledRule) -> bool:
    """Whether the rule asks for the user's own confirmation."""
    return compiled.rule.form == "confirm"


def _level(compiled: CompiledRule) -> Level:
    rule = compiled.rule
    match rule.effect:
        case Effect.PERMIT:
            return "allow"
        case Effect.REQUIRE:
            return "validate"
        case Effect.ESCALATE:
            return "escalate"
        case Effect.LIMIT if rule.ladder:
            return "escalate"
        case _:
            return "deny"


def _function(name: str, head: Sequence[str], body: Sequence[str], otherwise: str = SLOW) -> str:
    lines = [
        f"def {name}(action, roles, given):",
        "    try:",
        *(f"        {line}" for line in (*head, *body)),
        "    except Exception:",
        f"        return {otherwise}",
    ]
    return "\n".join(lines) + "\n"
