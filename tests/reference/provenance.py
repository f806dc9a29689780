"""Where data comes from: `dictated`, `trusted`, `comes from`, `was created`, `asks for`, `seen`.

Every part of a value is looked for in every leaf of all that the session has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from policy_engine.decision.session import SeenOutput, Session
from policy_engine.language.policy import Output, PolicySet
from policy_engine.values.money import Money
from policy_engine.values.types import BOOLEAN, JSON, ListOf, MapOf, Record, SetOf, Type, Union
from tests.reference import expressions
from tests.reference.data import UNKNOWN, fitted
from tests.reference.logic import Truth, all_hold, one_holds
from tests.reference.scalars import Misfit
from tests.reference.tokens import (
    Input,
    Scalar,
    carried,
    is_or_contains,
    is_said,
    leaves,
    lower,
    stands_in,
)
from tests.reference.world import World


class Origins:
    """Answers for one session; None: there is no session."""

    def __init__(self, policy: PolicySet, session: Session | None) -> None:
        self._policy = policy
        self._session = session
        self._open: list[SeenOutput] = []

    @property
    def _request(self) -> str | None:
        return self._session.request if self._session else None

    @property
    def _calls(self) -> tuple[SeenOutput, ...]:
        return self._session.outputs if self._session else ()

    @property
    def _has_gaps(self) -> bool:
        return self._session is None or not self._session.complete

    def dictated(self, datum: object, type_: Type) -> Truth:
        """“Every part of the value stands in the user's request”; unknown where that is."""
        if self._request is None:
            return UNKNOWN
        return all_hold(self._is_dictated(part) for part in carrying_parts(datum, type_))

    def named(self, datum: object, type_: Type) -> Truth:
        """Every part stands in the request, in whatever case, a link with or without `https://`."""
        if self._request is None:
            return UNKNOWN
        return all_hold(self._is_named(part) for part in carrying_parts(datum, type_))

    def trusted(self, datum: object, type_: Type, world: World) -> Truth:
        """“Every part is dictated, is empty text, or is vouched for.”"""
        return all_hold(
            one_holds([part == "", self._is_dictated(part), self._is_vouched(part, world)])
            for part in carrying_parts(datum, type_)
        )

    def comes_from(self, datum: object, type_: Type, task: str) -> Truth:
        """“Every part is a leaf of, or stands in, an output of a call of T in this session, and
        neither that call nor any before it carried the part out.”"""
        return all_hold(
            self._is_found(
                part, lambda _, seen, p=part: seen.task == task and self._returns(seen, p)
            )
            for part in carrying_parts(datum, type_)
        )

    def created(self, datum: object, type_: Type) -> Truth:
        """“The same of calls of tasks whose output is `new`, and the part stood nowhere before.”"""
        return all_hold(self._is_created(part) for part in carrying_parts(datum, type_))

    def asked_for(self, words: tuple[str, ...]) -> Truth:
        """“One of the words or phrases stands in the request, as whole words, without regard to
        case.”"""
        if self._request is None:
            return UNKNOWN
        return any(is_said(word, self._request) for word in words)

    def seen(self, label: str) -> Truth:
        """“An output with the label L has entered the session, or one that handed its labels on.
        True also where the record has gaps.”"""
        outputs = [self._output(seen) for seen in self._calls]
        here = any(output is not None and label in output.labels for output in outputs)
        handed = self._session is not None and label in self._session.labels
        return True if here or handed else (UNKNOWN if self._has_gaps else False)

    def _output(self, seen: SeenOutput) -> Output | None:
        task = self._policy.tasks.get(seen.task)
        return task.output if task else None

    def _input(self, seen: SeenOutput) -> Input:
        task = self._policy.tasks.get(seen.task)
        return seen.input, Record("", task.inputs) if task else None

    def _returns(self, seen: SeenOutput, part: Scalar) -> bool:
        """“Is a leaf of, or stands in, an output.”"""
        output = self._output(seen)
        found = leaves(seen.value, output.type if output else None)
        return any(is_or_contains(leaf, part) for leaf in found)

    def _is_dictated(self, part: Scalar) -> Truth:
        return UNKNOWN if self._request is None else stands_in(part, self._request)

    def _is_named(self, part: Scalar) -> Truth:
        assert self._request is not None
        if isinstance(part, str):
            spellings = {lower(part), lower(part).removeprefix("https://")}
            return any(stands_in(one, lower(self._request)) for one in spellings)
        return stands_in(part, self._request)

    def _is_vouched(self, part: Scalar, world: World) -> Truth:
        return self._is_found(part, lambda _, seen: self._vouches(seen, part, world))

    def _is_found(self, part: Scalar, says: Callable[[int, SeenOutput], Truth]) -> Truth:
        """Whether a call says so which had not itself, nor any call before it, put the part in.

        Unknown where the record has gaps: what says so may be in one, or what had put it in.
        """
        if self._has_gaps:
            return UNKNOWN
        return one_holds(
            says(number, seen)
            for number, seen in enumerate(self._calls)
            # “Neither the call that returned it nor any call before it carried the value out.”
            if not carried(part, [self._input(call) for call in self._calls[: number + 1]])
        )

    def _is_created(self, part: Scalar) -> Truth:
        """“Not in the request, in no earlier output, in no input up to and including that
        call's.”"""

        def creates(number: int, seen: SeenOutput) -> Truth:
            output = self._output(seen)
            if output is None or not output.new or not self._returns(seen, part):
                return False
            if any(self._returns(call, part) for call in self._calls[:number]):
                return False
            if self._request is None:
                return UNKNOWN
            return not (part == self._request or stands_in(part, self._request))

        return self._is_found(part, creates)

    def _vouches(self, seen: SeenOutput, part: Scalar, world: World) -> Truth:
        output = self._output(seen)
        if output is None or not output.trusted:
            return False
        if output.where is None:
            return self._returns(seen, part)
        if not isinstance(seen.value, (list, tuple)):
            return False
        return one_holds(self._item_vouches(seen, item, part, world) for item in seen.value)

    def _item_vouches(self, seen: SeenOutput, item: object, part: Scalar, world: World) -> Truth:
        """“An item of a list that is `trusted where …` vouches where it fits its type and the
        condition is true.”; items that vouch for each other surely vouch for nothing."""
        output = self._policy.tasks[seen.task].output
        assert output is not None and output.where is not None
        assert isinstance(output.type, ListOf)
        if not any(is_or_contains(leaf, part) for leaf in leaves(item, output.type.item)):
            return False
        try:
            known = fitted(item, output.type.item, closed=False)
        except Misfit:
            return False
        if any(seen is one for one in self._open):
            return UNKNOWN
        self._open.append(seen)
        try:
            return expressions.truth(output.where, world.seeing({"item": known}))
        finally:
            self._open.pop()


def carrying_parts(datum: object, type_: Type) -> Iterator[Scalar]:
    """The scalars of a datum. “Booleans and texts of a fixed choice carry nothing.”"""
    if isinstance(type_, Record):
        assert isinstance(datum, Mapping)
        for field in type_.fields:
            if field.name in datum:
                yield from carrying_parts(datum[field.name], field.type)
    elif isinstance(type_, ListOf | SetOf):
        assert isinstance(datum, tuple | frozenset)
        for item in datum:
            yield from carrying_parts(item, type_.item)
    elif isinstance(type_, MapOf):
        assert isinstance(datum, Mapping)
        for name, member in datum.items():
            yield name
            yield from carrying_parts(member, type_.value)
    elif type_ == JSON:
        yield from _parts_of_json(datum)
    elif type_ != BOOLEAN and not isinstance(type_, Union):
        assert isinstance(datum, (str, int, Decimal, date, timedelta, Money))
        yield datum


def _parts_of_json(datum: object) -> Iterator[Scalar]:
    """Whoever wrote the datum wrote the names of its members too."""
    if isinstance(datum, Mapping):
        for name, member in datum.items():
            yield name
            yield from _parts_of_json(member)
    elif isinstance(datum, list | tuple):
        for item in datum:
            yield from _parts_of_json(item)
    elif isinstance(datum, (str, int, Decimal, date, timedelta, Money)) and not isinstance(
        datum, bool
    ):
        yield datum
