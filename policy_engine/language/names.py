"""Which file may use which name: imports, and what follows from the file a name stands in.

Names are unique in all that is loaded together, so a name in a log means one thing. Files that are
loaded by hand see each other's names; what comes in through an `import` is named through it
(`mail.clean`, or by the alias of `import library.mail as post`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from policy_engine.foundation.diagnostics import Diagnostic
from policy_engine.foundation.source import Source, Span
from policy_engine.language import codes, tree as t
from policy_engine.language.cycles import Cycles
from policy_engine.language.parse import parse
from policy_engine.language.report import Report

FindPolicy = Callable[[str], Source | None]
"""The dotted name of a policy to its file, or None where there is none."""


@dataclass(frozen=True, slots=True)
class File:
    """A source with its tree; `imports` by alias: the names of the sources they stand for."""

    source: Source
    tree: t.Tree
    is_root: bool
    imports: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Names:
    """What is visible from where, by the names of sources."""

    files: Mapping[str, File] = field(default_factory=dict)
    headers: Mapping[str, t.PolicyNode] = field(default_factory=dict)
    trivial: bool = True
    """No file imports another: every name is visible everywhere."""

    def imported(self, alias: str, place: Span) -> str | None:
        """The source that an alias stands for, where it is used."""
        file = self.files.get(place.source.name)
        return file.imports.get(alias) if file else None

    def sees(self, place: Span, declared: Span) -> bool:
        """Whether a bare name used at one place can mean what is declared at the other."""
        if self.trivial or place.source.name == declared.source.name:
            return True
        here, there = self.files.get(place.source.name), self.files.get(declared.source.name)
        return here is not None and there is not None and here.is_root and there.is_root

    def zone(self, place: Span) -> str | None:
        """The zone of calendar words in a file."""
        header = self.headers.get(place.source.name)
        return header.zone.text if header and header.zone else None

    def policy(self, place: Span) -> str:
        """The name of the policy in whose file something stands."""
        header = self.headers.get(place.source.name)
        return header.name.text if header else place.source.name

    def aliases(self, place: Span) -> list[str]:
        file = self.files.get(place.source.name)
        return sorted(file.imports) if file else []


@dataclass(slots=True)
class Loaded:
    """All files of a policy set, imports included, and what is wrong with their syntax."""

    files: list[File]
    syntax: list[Diagnostic]

    def names(self) -> Names:
        headers = {
            file.source.name: header
            for file in self.files
            for header in file.tree.statements[:1]
            if isinstance(header, t.PolicyNode)
        }
        return Names(
            {file.source.name: file for file in self.files},
            headers,
            all(file.is_root and not file.imports for file in self.files),
        )


def load(sources: Iterable[Source], find: FindPolicy, report: Report) -> Loaded:
    """Parses the files and all that they import, each once."""
    loaded = Loaded([], [])
    for source in sources:
        _add(source, True, loaded)
    by_policy = {_policy_name(file): file for file in loaded.files}
    pending: deque[tuple[File, t.ImportNode]] = deque(
        (file, node) for file in loaded.files for node in _imports(file)
    )
    known = {file.source.name for file in loaded.files}
    while pending:
        file, node = pending.popleft()
        name = node.name.text
        target = by_policy.get(name)
        if target is None:
            there = find(name)
            if there is None or there.name in known:
                _not_found(node, there, report)
                continue
            target = _add(there, False, loaded)
            known.add(there.name)
            if _policy_name(target) != name and "policy" not in target.tree.unread:
                _other_name(node, target, report)
                continue
            by_policy[name] = target
            pending.extend((target, inner) for inner in _imports(target))
        _bind(file, node, target, report)
    _refuse_cycles(loaded, report)
    return loaded


def _add(source: Source, is_root: bool, loaded: Loaded) -> File:
    tree, diagnostics = parse(source)
    file = File(source, tree, is_root)
    loaded.files.append(file)
    loaded.syntax.extend(diagnostics)
    return file


def _policy_name(file: File) -> str:
    headers = (s for s in file.tree.statements if isinstance(s, t.PolicyNode))
    first = next(headers, None)
    return first.name.text if first else file.source.name


def _imports(file: File) -> list[t.ImportNode]:
    return [s for s in file.tree.statements if isinstance(s, t.ImportNode)]


def _bind(file: File, node: t.ImportNode, target: File, report: Report) -> None:
    alias = node.alias.text if node.alias else node.name.text.rpartition(".")[2]
    earlier = file.imports.setdefault(alias, target.source.name)
    if earlier != target.source.name:
        title = f"`{alias}` stands for two imports"
        help_ = f"write `import {node.name.text} as another_name`"
        report.add(codes.DUPLICATE, title, node.span, "a second one", help_=help_)


def _not_found(node: t.ImportNode, source: Source | None, report: Report) -> None:
    path = node.name.text.replace(".", "/") + ".policy"
    title = f"there is no policy `{node.name.text}`"
    label = f"looked for `{path}` below the policy roots"
    if source is not None:
        label = f"`{source.name}` is loaded already, and is another policy"
    report.add(codes.UNKNOWN_POLICY, title, node.name.span, label)


def _other_name(node: t.ImportNode, target: File, report: Report) -> None:
    title = f"`{target.source.name}` is not the policy `{node.name.text}`"
    label = f"it says that it is `{_policy_name(target)}`"
    report.add(codes.UNKNOWN_POLICY, title, node.name.span, label)


def _refuse_cycles(loaded: Loaded, report: Report) -> None:
    """An import that leads back to its own file."""
    cycles = Cycles({file.source.name: file.imports.values() for file in loaded.files})
    for file in loaded.files:
        for node in _imports(file):
            alias = node.alias.text if node.alias else node.name.text.rpartition(".")[2]
            start = file.imports.get(alias)
            if start is not None and cycles.closes(file.source.name, start):
                title = f"the policy `{_policy_name(file)}` imports itself"
                report.add(codes.CYCLE, title, node.name.span, "by importing this")
