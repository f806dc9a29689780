"""Tests as JUnit XML, the form that build servers read: a suite a policy file, a case a test.

There is no standard; this is the part that Jenkins, GitLab and GitHub's readers agree on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import NamedTuple
from xml.etree import ElementTree

from policy_engine.analysis.failure import failure
from policy_engine.decision.rehearse import Rehearsal
from policy_engine.foundation.render import plain

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Timed(NamedTuple):
    """What came of a test, and how many seconds it took."""

    rehearsal: Rehearsal
    seconds: float


def as_junit(tests: Iterable[Timed], policy_of: Callable[[str], str]) -> str:
    """One XML document; `policy_of` gives the policy in whose file a test stands, by file."""
    root = ElementTree.Element("testsuites")
    in_order = sorted(tests, key=_file)
    for file, group in groupby(in_order, key=_file):
        cases = list(group)
        suite = ElementTree.SubElement(root, "testsuite", _counts(file, cases))
        for case in cases:
            _case(suite, case, policy_of(file))
    for name, value in _counts("policy test", in_order).items():
        root.set(name, value)
    ElementTree.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}{ElementTree.tostring(root, encoding='unicode')}\n"


def _file(test: Timed) -> str:
    return test.rehearsal.test.span.source.name


def _counts(name: str, cases: list[Timed]) -> dict[str, str]:
    return {
        "name": _legal(name),
        "tests": str(len(cases)),
        "failures": str(sum(not case.rehearsal.passed for case in cases)),
        "errors": "0",
        "time": _seconds(sum(case.seconds for case in cases)),
    }


def _case(suite: ElementTree.Element, timed: Timed, policy: str) -> None:
    rehearsal = timed.rehearsal
    test = rehearsal.test
    attributes = {
        "classname": _legal(policy),
        "name": _legal(test.title),
        "file": _legal(test.span.source.name),
        "line": str(test.span.line),
        "time": _seconds(timed.seconds),
    }
    case = ElementTree.SubElement(suite, "testcase", attributes)
    if not rehearsal.passed:
        message = _legal("; ".join(rehearsal.problems))
        told = ElementTree.SubElement(case, "failure", message=message, type="expectation")
        told.text = _legal(plain(failure(rehearsal)))


def _seconds(seconds: float) -> str:
    return f"{seconds:.6f}"


def _legal(text: str) -> str:
    """XML has no way to write most control characters: they become `\\x1b` and the like."""
    return _NOT_XML.sub(lambda match: ascii(match[0])[1:-1], text)
