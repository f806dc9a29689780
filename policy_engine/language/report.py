"""Where the checks put what they find."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.foundation.diagnostics import CEILING, Code, Diagnostic, Label, in_order
from policy_engine.foundation.source import Span
from policy_engine.foundation.suggest import nearest
from policy_engine.language.habits import of_name
from policy_engine.language.tree import Name


class Report:
    """Collects diagnostics; keeps quiet about names that stand in statements nobody could read."""

    def __init__(self, unread: frozenset[str] = frozenset()) -> None:
        self._diagnostics: list[Diagnostic] = []
        self._unread = set(unread)
        self._unknown = 0
        self.has_gaps = False
        """Whether some field has no type, so that data cannot be judged."""

    def add(
        self,
        code: Code,
        title: str,
        span: Span,
        label: str = "",
        *,
        also: Iterable[Label] = (),
        help_: str | None = None,
    ) -> None:
        labels = (Label(span, label), *also)
        self._diagnostics.append(Diagnostic(code, title, labels, help=help_))

    def ignore(self, name: str) -> None:
        """What is wrong with this name has been said; its uses are not called unknown as well."""
        self._unread.add(name)

    def ignores(self, name: str) -> bool:
        """Whether what is wrong with a name, or with what it names through an import, was said."""
        return name in self._unread or name.rpartition(".")[2] in self._unread

    def unknown(
        self,
        code: Code,
        what: str,
        name: Name,
        known: Iterable[tuple[str, Span | None]],
        label: str | None = None,
    ) -> None:
        """A name that stands for nothing; of the first hundred, the nearest that does is named."""
        if self.ignores(name.text):
            return
        self._unknown += 1
        places = dict(known) if self._unknown <= CEILING else {}
        near = nearest(name.text, places)
        place = places.get(near) if near else None
        also = (Label(place, "a similar one is declared here", primary=False),) if place else ()
        self.add(
            code,
            f"unknown {what} `{name.text}`",
            name.span,
            label or f"no {what} of this name is declared",
            also=also,
            help_=of_name(name.text) or (f"replace `{name.text}` with `{near}`" if near else None),
        )

    def all(self) -> tuple[Diagnostic, ...]:
        return in_order(self._diagnostics)

    @property
    def count(self) -> int:
        return len(self._diagnostics)

    @property
    def has_errors(self) -> bool:
        return any(d.is_error for d in self._diagnostics)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self._diagnostics.extend(diagnostics)
