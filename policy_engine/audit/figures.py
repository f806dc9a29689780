"""The figures of the page: tiles, and by task, by agent and over time as plots and tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from policy_engine.audit import plots, tables
from policy_engine.audit.markup import Html, tag
from policy_engine.audit.measures import Share, Spread, Tally
from policy_engine.audit.story import Standing
from policy_engine.audit.summary import Group, Summary
from policy_engine.audit.words import LABELS, counted, duration, of, percent, zone_name
from policy_engine.runtime.executors import Recorded

_MOST_BARS = 20


def figures(summary: Summary) -> Iterator[Html]:
    """Six tiles, and a word on outputs that were only played back."""
    metrics, tally = summary.metrics, summary.tally
    stopped = Share(tally.stopped, tally.total)
    yield tag("h2", "In figures")
    yield tag(
        "dl",
        _tile("Stopped before anything happened", percent(stopped), f"{of(stopped)} proposed"),
        _tile("Success", percent(metrics.success), _called(metrics.success)),
        _tile(
            "Ran on their own", percent(metrics.unattended), f"{of(metrics.unattended)} that ran"
        ),
        _spread("Waiting for people", metrics.waiting, _unanswered(summary)),
        _spread("From proposal to execution", metrics.turnaround, "nothing ran"),
        _tile(
            "Checks passed",
            percent(metrics.validations),
            f"{of(metrics.validations)} validations"
            if metrics.validations.whole
            else "no validation ran",
        ),
        class_="tiles",
    )
    played = sum(story.performed_by == Recorded.name for story in summary.stories)
    if played:
        said = "gave back a recorded output: no tool was called for it"
        many = "gave back recorded outputs: no tool was called for them"
        yield tag("p", f"{counted(played, f'action {said}', f'actions {many}')}.", class_="more")


def _called(success: Share) -> str:
    return f"{of(success)} begun with a tool" if success.whole else "no tool was called"


def _unanswered(summary: Summary) -> str:
    return "nobody has answered" if summary.asked else "nobody had to answer"


def _tile(name: str, figure: str, detail: str) -> Html:
    return tag(
        "div",
        tag("dt", name),
        tag("dd", figure, class_="figure"),
        tag("dd", detail, class_="detail"),
        class_="tile",
    )


def _spread(name: str, spread: Spread | None, nothing: str) -> Html:
    if spread is None:
        return _tile(name, "–", nothing)
    detail = f"median; longest {duration(spread.longest)}"
    return _tile(name, duration(spread.median), detail)


def by_task(summary: Summary) -> Iterator[Html]:
    """What the agents wanted to do."""
    yield tag("h2", "By task")
    yield tag("p", "What the agents wanted to do, and what became of it.", class_="lead")
    bars = plots.stacked_bars(_bars(summary.tasks, "tasks"), "Actions by task")
    yield tag("div", bars, _legend(summary.tally), class_="panel")
    yield tables.groups("Every task", "task", summary.tasks)


def by_agent(summary: Summary) -> Iterator[Html]:
    """Who wanted it; bars where there is more than one."""
    yield tag("h2", "By agent")
    yield tag("p", "Who proposed it, and what became of it.", class_="lead")
    if len(summary.agents) > 1:
        bars = plots.stacked_bars(_bars(summary.agents, "agents"), "Actions by agent")
        yield tag("div", bars, _legend(summary.tally), class_="panel")
    yield tables.groups("Every agent", "agent", summary.agents)


def over_time(summary: Summary) -> Iterator[Html]:
    """Columns, where there is more than one."""
    if len(summary.timeline.buckets) > 1:
        yield tag("h2", "Over time")
        yield tag("p", _steps(summary), class_="lead")
        drawn = plots.columns(summary.timeline, "Actions over time")
        yield tag("div", drawn, _legend(summary.tally), class_="panel")


def _bars(found: tuple[Group, ...], what: str) -> list[tuple[str, Tally]]:
    rows = [(group.name, group.tally) for group in found[:_MOST_BARS]]
    rest = found[_MOST_BARS:]
    if rest:
        together = Tally({s: sum(group.tally[s] for group in rest) for s in Standing})
        rows.append((f"{len(rest):,} other {what}", together))
    return rows


def _steps(summary: Summary) -> str:
    step, zone = summary.timeline.step, zone_name(summary.zone)
    days = step // timedelta(days=1)
    length = counted(days, "day") if days else duration(step)
    return f"By the time of proposal, in steps of {length}, {zone}."


def _legend(tally: Tally) -> Html:
    entries = [tag("li", plots.swatch(s), LABELS[s]) for s in Standing if tally[s]]
    return tag("ul", *entries, class_="legend")
