"""A directory of roles that follows its source: read anew when it is told to.

It rests on an adapter of Casbin's, which says who holds which role now, and on somebody who says
that this has changed: a watcher of Casbin's, or whoever calls `reload`. Each reading makes a new
frozen table, and one assignment puts it in the place of the old one: who asks takes no lock, waits
for nobody, and gets an answer of one whole table. Two questions may be answered by two tables.

A reading can fail: the database is gone, roles include each other, a row cannot be used. Then

- the old table still counts for `stale_for`, counted from the beginning of the first reading that
  failed; by default that is not at all. Failing again does not lengthen it;
- after that roles are unknown (None). That is stricter than no roles: who holds none would escape
  a rule that forbids something to contractors, and whoever is unknown does not;
- `trouble` says why, and the next reading that succeeds ends it.

A reading that has not ended after `time_limit` counts as failed until it does, so a database that
hangs does not keep an old table alive. A watcher that has lost its connection says nothing: whoever
cannot live with that calls `reload` from a timer too. Times are those of a clock that never goes
back; some machines stop it while they sleep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from threading import Lock
from typing import NamedTuple, Protocol
from weakref import ref

from policy_engine.access.casbin_roles import directory_from
from policy_engine.access.directory import Directory
from policy_engine.foundation.errors import DirectoryError


class Watcher(Protocol):
    """A watcher of Casbin's: it calls the function whenever another process changed the source."""

    def set_update_callback(self, func: Callable[..., None], /) -> object:
        """Takes the function; some watchers hand it a message, which says nothing to us."""


class Standing(NamedTuple):
    """All that a question about roles needs, replaced as one."""

    table: Directory | None
    until: float | None
    """When the table ceases to count, by the monotonic clock; None: when something says so."""
    trouble: DirectoryError | None


class LiveDirectory:
    """Who holds which role by now. Safe to share among threads and engines."""

    def __init__(
        self,
        adapter: object,
        *,
        watcher: Watcher | None = None,
        stale_for: timedelta = timedelta(0),
        time_limit: timedelta = timedelta(seconds=30),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reads the adapter once. Raises `DirectoryError` where that fails: a directory that has
        never been read is a mistake in how the program is set up."""
        self._adapter = adapter
        self._stale_for = stale_for.total_seconds()
        self._time_limit = max(time_limit.total_seconds(), self._stale_for)
        self._monotonic = monotonic
        self._turn = Lock()
        self._readings = 0
        self._plain = View(self, (), Standing(None, None, None), monotonic)
        # Weak, so that the view of a policy that has been replaced goes with its engine.
        self._views: tuple[ref[View], ...] = (ref(self._plain),)
        # First the watcher, then the reading: a change between the two is not lost.
        if watcher is not None:
            watcher.set_update_callback(self._told)
        self.reload()
        if (trouble := self.trouble) is not None:
            raise trouble

    def reload(self) -> bool:
        """Reads the source now and returns whether all went well; else `trouble` says what did not.

        Never raises for what an adapter does. Calls from several threads take turns, and those
        that waited while a later reading was made are content with it.
        """
        before = self._readings
        with self._turn:
            if self._readings == before:
                self._readings += 1
                self._read(self._monotonic())
            return self.trouble is None

    @property
    def trouble(self) -> DirectoryError | None:
        """Why the source could not be read when it was last tried; None while all is well."""
        return next((trouble for view in self._living() if (trouble := view.trouble)), None)

    def including(self, includes: Iterable[tuple[str, str]]) -> View:
        """The same with a policy's own hierarchy, pairs of role and included role; it follows too.

        Raises `DirectoryError` where this and what was read last make a cycle.
        """
        pairs = tuple(includes)
        with self._turn:
            standing = self._plain.standing
            if standing.table is not None:
                standing = standing._replace(table=standing.table.including(pairs))
            view = View(self, pairs, standing, self._monotonic)
            self._views = (*(one for one in self._views if one() is not None), ref(view))
        return view

    def roles_of(
        self, who: str, domain: str | None = None, closed_to: Collection[str] = frozenset()
    ) -> frozenset[str] | None:
        """All roles held directly or through others; None while nobody knows."""
        return self._plain.roles_of(who, domain, closed_to)

    def is_role(self, name: str) -> bool:
        """Whether the name is used for a role by now: then it is nobody's own."""
        return self._plain.is_role(name)

    def _living(self) -> list[View]:
        return [view for one in self._views if (view := one()) is not None]

    def _told(self, *_: object) -> None:
        """What a watcher calls, in a thread of its own that an exception would end."""
        self.reload()

    def _read(self, begun: float) -> None:
        views = self._living()
        for view in views:
            view.bound(begun + self._time_limit)
        try:
            table = directory_from(self._adapter)
        except DirectoryError as error:
            for view in views:
                view.fail(error, begun + self._stale_for)
        else:
            for view in views:
                view.renew(table, begun + self._stale_for)


class View:
    """A live directory as one policy sees it: with the hierarchy that the policy itself tells."""

    def __init__(
        self,
        source: LiveDirectory,
        includes: tuple[tuple[str, str], ...],
        standing: Standing,
        monotonic: Callable[[], float],
    ) -> None:
        self.source = source
        """What it follows; whoever holds the view keeps it alive."""
        self.standing = standing
        self._includes = includes
        self._monotonic = monotonic

    def roles_of(
        self, who: str, domain: str | None = None, closed_to: Collection[str] = frozenset()
    ) -> frozenset[str] | None:
        """All roles held directly or through others; None while nobody knows."""
        table, until, _ = self.standing
        if table is None or (until is not None and self._monotonic() >= until):
            return None
        return table.roles_of(who, domain, closed_to)

    def is_role(self, name: str) -> bool:
        """Whether the name is used for a role by now: then it is nobody's own."""
        table = self.standing.table
        return table is not None and table.is_role(name)

    def including(self, includes: Iterable[tuple[str, str]]) -> View:
        """The same with more pairs of role and included role."""
        return self.source.including((*self._includes, *includes))

    @property
    def trouble(self) -> DirectoryError | None:
        """Why it could not be renewed when that was last tried; None while all is well."""
        _, until, trouble = self.standing
        if trouble is None and until is not None and self._monotonic() >= until:
            return DirectoryError("the directory is still being read, for longer than it may take")
        return trouble

    def renew(self, table: Directory, until: float) -> None:
        """Takes a new table; one that does not fit the policy's own hierarchy is a failure."""
        try:
            table = table.including(self._includes)
        except DirectoryError as error:
            self.fail(error, until)
        else:
            self.standing = Standing(table, None, None)

    def bound(self, until: float) -> None:
        """Lets the table count until then at most, unless something else is said before."""
        if self.standing.until is None:
            self.standing = self.standing._replace(until=until)

    def fail(self, error: DirectoryError, until: float) -> None:
        """Lets the table count until then at most, or until what an earlier failure said."""
        table, earlier, trouble = self.standing
        until_then = until if trouble is None else earlier
        # Anew: the error that was raised would keep its whole stack alive, views among it.
        self.standing = Standing(table, until_then, DirectoryError(str(error)))
