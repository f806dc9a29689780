"""All rows behind a Casbin adapter, also those that Casbin itself would drop without a word.

An adapter puts rows into a model of Casbin's, and leaves out every row of a kind that the model
does not define: `px, ann, …` or, from a mistyped column, `P, …`. The model here has every kind of
row as soon as it is asked for, so nothing is left out. Casbin's role manager plays no part either:
it gives up after ten levels, and in domains the time it takes grows with the square of the rows.

What an adapter does to a row before it hands it over cannot be seen here. The adapters for SQL
join the columns of a row by commas and split the text again: `ann, jr` in one column counts as two.
"""

from __future__ import annotations

from collections.abc import Callable, KeysView
from inspect import isawaitable, iscoroutine
from typing import Any, NamedTuple

from casbin import persist
from casbin.model import Assertion, Model

from policy_engine.foundation.errors import DirectoryError


class Row(NamedTuple):
    """One row: its kind (`g`, `g2`, `p`, …) and the fields behind it."""

    kind: str
    fields: tuple[str, ...]


def rows_of(adapter: object) -> list[Row]:
    """The rows behind a Casbin adapter. Raises `DirectoryError` where it cannot be read whole."""
    if not isinstance(adapter, persist.Adapter):
        raise DirectoryError(f"{type(adapter).__name__} is no Casbin adapter that is read at once")
    model = Model()
    model.model = _Everything(lambda: _Everything(Assertion))
    try:
        # A filtered adapter would hand over a part, and a part lacks what only the rest says.
        if getattr(adapter, "is_filtered", bool)():
            raise DirectoryError("the adapter is filtered, so a part of the roles would be missing")
        _refuse_later(adapter.load_policy(model))
        return [
            _row(section, kind, fields)
            for section, kinds in model.model.items()
            for kind, assertion in kinds.items()
            for fields in assertion.policy
        ]
    except DirectoryError:
        raise
    except Exception as error:  # an adapter raises whatever its database does
        raise DirectoryError(f"Casbin cannot read it: {_told(error)}") from error


def _refuse_later(loaded: object) -> None:
    """What an asynchronous adapter returns: it has read nothing yet."""
    if isawaitable(loaded):
        if iscoroutine(loaded):
            loaded.close()
        raise DirectoryError("the adapter is asynchronous; hand in one that reads at once")


def _row(section: str, kind: str, fields: Any) -> Row:
    if not all(isinstance(field, str) for field in fields):
        raise DirectoryError(f"a row `{kind}` holds something that is no text: {fields}")
    return Row(kind if kind[:1] == section else f"{section}/{kind}", tuple(fields))


def _told(error: Exception) -> str:
    first, *_ = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


class _Everything(dict[str, Any]):
    """A table that has every name, made when it is first asked for."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __missing__(self, name: str) -> Any:
        made = self[name] = self._make()
        return made

    def __contains__(self, name: object) -> bool:
        return True

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]

    def keys(self) -> _EveryName:  # type: ignore[override]
        return _EveryName(self)


class _EveryName(KeysView[str]):
    """Its names: those that were asked for, when listed; any, when asked."""

    def __contains__(self, name: object) -> bool:
        return True
