"""What a session has seen, made ready to be searched, and kept with the session.

A call that is recorded never changes, so what is read of it is read once, for each policy whose
tasks say how. Searching is bounded for each decision; beyond the bound `TooMuch` is raised, and
the answer is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import NamedTuple, Protocol

from policy_engine.decision.carried import Carried
from policy_engine.decision.frame import Frame
from policy_engine.decision.request import Request
from policy_engine.decision.returned import NO_DATA, Data, Returned, data_of
from policy_engine.decision.session import SeenOutput, Session
from policy_engine.decision.sought import A_LOOK_UP, Sought
from policy_engine.language.policy import Output, Task
from policy_engine.values.tokens import TooMuch
from policy_engine.values.types import Record

MOST_WORK = 200_000_000
"""Characters that one decision may compare; a second's work, roughly."""

_MOST_POLICIES = 4
"""For so many policies a session keeps what was read of it."""


class Vouching(NamedTuple):
    """The data that an output vouches for, and those that it may vouch for."""

    surely: Data
    perhaps: Data


_NOBODY = Vouching(NO_DATA, NO_DATA)


class Test(Protocol):
    """A condition on one item of an output; `stays`: it never changes within a session."""

    @property
    def holds(self) -> Callable[[Frame], object]: ...

    @property
    def stays(self) -> bool: ...


Judge = Callable[[int, Test], Vouching]


class Calls:
    """The calls of one session, read as the tasks of one policy declare them.

    What is read of them is read when it is first asked for. Threads may ask while another reads
    more; whoever asks says how many calls there are for him.
    """

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self.tasks = tasks
        self.names: list[str] = []
        """Of the task, for each call."""
        self.labels: dict[str, int] = {}
        """The number of the first call whose output has a label."""
        self.loose: set[int] = set()
        """The calls whose output is trusted by a test that may change."""
        self.frame: Frame | None = None
        """Where tests that never change are evaluated: nothing of it but the item matters."""
        self._seen: list[SeenOutput] = []
        self._returned = Returned()
        self._carried = Carried()
        self._surely = Returned()
        self._perhaps = Returned()
        self._lock = Lock()
        self._judging = Lock()

    def extend(self, seen: Sequence[SeenOutput]) -> None:
        """Takes in the calls that are new."""
        with self._lock:
            for one in seen[len(self.names) :]:
                output = self._output(one.task)
                for label in output.labels if output is not None else ():
                    self.labels.setdefault(label, len(self.names))
                self._seen.append(one)
                self.names.append(one.task)

    @property
    def returned(self) -> Returned:
        """What the calls returned."""
        returned = self._returned
        if returned.count < len(self._seen):
            with self._lock:
                for one in self._seen[returned.count :]:
                    output = self._output(one.task)
                    type_ = output.type if output is not None else None
                    returned.add(Data(data_of(one.value, type_)))
        return returned

    @property
    def carried(self) -> Carried:
        """What the calls carried out."""
        carried = self._carried
        if carried.count < len(self._seen):
            with self._lock:
                for one in self._seen[carried.count :]:
                    task = self.tasks.get(one.task)
                    carried.add(one.input, Record("", task.inputs) if task is not None else None)
        return carried

    def _output(self, name: str) -> Output | None:
        task = self.tasks.get(name)
        return task.output if task is not None else None

    def vouched(self, wheres: Mapping[str, Test], judge: Judge) -> tuple[Returned, Returned]:
        """What trusted outputs vouch for, surely and perhaps, but those whose test may change.

        `judge` says what the items of an output come to.
        """
        if self._surely.count < len(self.names):
            with self._judging:
                for number in range(self._surely.count, len(self.names)):
                    vouching = self._vouching(number, wheres, judge)
                    self._perhaps.add(vouching.perhaps)
                    self._surely.add(vouching.surely)
        return self._surely, self._perhaps

    def _vouching(self, number: int, wheres: Mapping[str, Test], judge: Judge) -> Vouching:
        output = self._output(self.names[number])
        if output is None or not output.trusted:
            return _NOBODY
        test = wheres.get(self.names[number])
        if test is None:
            return Vouching(self.returned.data(number), NO_DATA)
        if test.stays:
            return judge(number, test)
        self.loose.add(number)
        return _NOBODY


class _Kept:
    """What has been read of a session: its request, and its calls for each policy."""

    def __init__(self, request: str | None) -> None:
        self.request = None if request is None else Request(request)
        self._calls: dict[int, Calls] = {}

    def calls(self, tasks: Mapping[str, Task]) -> Calls:
        known = self._calls.get(id(tasks))
        if known is None:
            if len(self._calls) >= _MOST_POLICIES:
                self._calls = {}
            known = self._calls.setdefault(id(tasks), Calls(tasks))
        return known


class Memory:
    """One session for one decision; shared by all principals for whom an action is decided."""

    def __init__(self, session: Session) -> None:
        kept = session.kept
        if not isinstance(kept, _Kept):
            kept = session.kept = _Kept(session.request)
        self.session = session
        self.request = kept.request
        self.complete = session.complete
        self.labels = session.labels
        self.count = session.count
        self._kept = kept
        self._calls: Calls | None = None
        self._work = 0

    def calls(self, tasks: Mapping[str, Task]) -> Calls:
        """The calls, read by the tasks of a policy; at least as many as there are for this
        decision."""
        calls = self._calls
        if calls is None or calls.tasks is not tasks:
            calls = self._calls = self._kept.calls(tasks)
            if len(calls.names) < self.count:
                calls.extend(self.session.outputs[: self.count])
        return calls

    def has_seen(self, label: str, tasks: Mapping[str, Task]) -> bool:
        """Whether the output of a call has the label."""
        return self.calls(tasks).labels.get(label, self.count) < self.count

    def requested(self, datum: Sought) -> bool:
        """Whether the datum stands in the user's request. Raises `TooMuch`."""
        request = self.request
        if request is None:
            return False
        self._spend(request.cost(datum))
        return request.has(datum)

    def named(self, datum: Sought) -> bool:
        """Whether the datum stands in the user's request, in whatever case. Raises `TooMuch`."""
        request = self.request
        if request is None:
            return False
        self._spend(request.cost(datum))
        return request.names(datum)

    def having(self, datum: Sought, returned: Returned) -> Sequence[int]:
        """The calls that returned the datum, ascending. Raises `TooMuch`."""
        count = self.count
        self._spend(returned.cost(datum, count))
        found = returned.having(datum)
        return found if not found or found[-1] < count else [n for n in found if n < count]

    def precedes(self, number: int, datum: Sought, calls: Calls) -> bool:
        """Whether neither this call nor any before it had carried the datum out. Raises
        `TooMuch`."""
        carried = calls.carried
        self._spend(carried.cost(self.count))
        first = carried.first(datum)
        return first is None or number < first

    def among(self, datum: Sought, data: Data) -> bool:
        """Whether the datum is one of some data, or stands in a text among them. Raises
        `TooMuch`."""
        self._spend(A_LOOK_UP if datum.row is None else data.length)
        return data.has(datum)

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > MOST_WORK:
            raise TooMuch
