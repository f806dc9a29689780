"""A policy while it can still be written in another order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis.vendor.pretty import RepresentationPrinter

from policy_engine.foundation.render import plain, render
from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from policy_engine.language.policy import PolicySet
from tests.properties import vocabulary as v
from tests.properties.trees import Reorder, Tree, as_written, text_of


@dataclass(frozen=True)
class Written:
    """A rule, a constraint or an exception: `{word} {name}{rest}`."""

    word: str
    name: str
    rest: Tree
    form: str
    tasks: tuple[str, ...] = ()
    softens: str | None = None
    """The rule that an exception is about."""

    @property
    def tree(self) -> Tree:
        to = f" to {self.softens}" if self.softens else ""
        return (f"{self.word} {self.name}{to}", self.rest)

    def __str__(self) -> str:
        return text_of(self.tree)


@dataclass(frozen=True)
class Draft:
    """`rules` can be taken away and added to; `statements` are what they rest on."""

    statements: tuple[Tree, ...]
    rules: tuple[Written, ...]

    def files(self, number: int = 1, reorder: Reorder = as_written) -> list[Source]:
        """The statements dealt out to so many files, each with its own header."""
        every = reorder([*self.statements, *(rule.tree for rule in self.rules)], False)
        texts = [text_of(statement, reorder) for statement in every]  # type: ignore[arg-type]
        dealt = [texts[i::number] for i in range(number)]
        return [
            Source(f"f{i}.policy", v.HEADER % f"f{i}" + "\n".join(part) + "\n")
            for i, part in enumerate(dealt)
        ]

    def plus(self, *rules: Written) -> Draft:
        return replace(self, rules=(*self.rules, *rules))

    def without(self, *forms: str) -> Draft:
        return replace(self, rules=tuple(r for r in self.rules if r.form not in forms))

    def __repr__(self) -> str:
        fixed = {*v.DECLARATIONS, *(line for name in v.TASKS for line in _inputs(name))}
        texts = [text_of(one) for one in self.statements]
        lines = [line for text in texts if text not in fixed for line in text.splitlines()]
        shown = [line for line in lines if line not in fixed]
        return "\n".join(["Draft:", *shown, *map(str, self.rules)])

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        printer.text(repr(self))


def _inputs(task: str) -> list[str]:
    """The lines that are the same in every draft."""
    return v.fields(v.TASKS[task], "input ").splitlines()


def built(draft: Draft, number: int = 1, reorder: Reorder = as_written) -> PolicySet:
    """The policy of a draft. Every generated policy builds without an error."""
    return built_from(draft.files(number, reorder))


def built_from(sources: list[Source]) -> PolicySet:
    result = build(sources, v.read_file)
    errors = [d for d in result.diagnostics if d.is_error]
    assert result.policy is not None, plain(render(errors)) + "\n".join(s.text for s in sources)
    return result.policy
