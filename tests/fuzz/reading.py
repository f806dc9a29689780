"""What must hold of every text: nothing raises, nothing takes long, every place is in the text."""

from __future__ import annotations

import json
import time
from functools import cache

from policy_engine.authoring.pygments_lexer import PolicyLexer
from policy_engine.foundation.formats import as_github, as_json, as_sarif
from policy_engine.foundation.render import coloured, plain, render
from policy_engine.foundation.source import Source
from policy_engine.language.build import Built, build
from policy_engine.language.format import formatted
from tests.fuzz.texts import LENGTH

NAME = "any.policy"
TRIES = 4


def holds(text: str) -> None:
    """Everything that is promised of a text."""
    shown(in_time(text), text)
    laid_out(text)
    assert "".join(part for _, _, part in PolicyLexer().get_tokens_unprocessed(text)) == text


def in_time(text: str) -> Built:
    """The policy of a text, or what is wrong with it, within the time for `LENGTH` characters.

    That is a second of processor time; where it takes longer, thrice what an ordinary text takes
    that is read right after, since a machine changes its pace. One try of several must be in time.
    """
    allowed, taken = 1.0, 0.0
    for _ in range(TRIES):
        start = time.process_time()
        built = read(text)
        taken = time.process_time() - start
        if taken < 1.0 or taken < (allowed := seconds_allowed()):
            return built
    raise AssertionError(f"{len(text)} characters take {taken:.2f} s, {allowed:.2f} are allowed")


def seconds_allowed() -> float:
    """Thrice what an ordinary text of that length takes now."""
    start = time.process_time()
    assert read(_ordinary()).policy is not None
    return 3 * (time.process_time() - start)


@cache
def _ordinary() -> str:
    rule = 'rule r{0} "Number {0}" permit any agent to t when amount > {0} and b == "x"\n'
    head = 'policy a.b owner "c"\ntask t { input amount: Decimal input b: Text }\n'
    return head + "".join(rule.format(number) for number in range(LENGTH // len(rule)))


def read(text: str) -> Built:
    return build([Source(NAME, text)], lambda *_: None)


def shown(built: Built, text: str) -> None:
    """Every diagnostic is shown in every format, and stands in the text."""
    found = built.diagnostics
    assert (built.policy is None) == any(d.is_error for d in found)
    for label in (label for d in found for label in d.labels):
        assert label.span.source.text is text
        assert 0 <= label.span.start <= label.span.end <= len(text)
    assert all(d.labels for d in found)
    segments = render(found)
    assert plain(segments).count("-->") >= len(found)
    assert "\x1b[31m" not in plain(segments) and coloured(segments)[:1] in ("", "\x1b")
    assert len(as_json(found)) == len(found)
    assert as_github(found).count("\n") == len(found)
    json.dumps([as_json(found), as_sarif(found)])


def laid_out(text: str) -> None:
    """The formatter takes what the grammar takes, and has nothing to do the second time."""
    made, diagnostics = formatted(Source(NAME, text))
    assert (made is None) == bool(diagnostics)
    if made is not None:
        assert formatted(Source(NAME, made)) == (made, ())
