"""Globs: what each wildcard crosses, and which patterns could never match."""

from __future__ import annotations

import pytest

from policy_engine.values.globs import glob_problem, matches_glob
from policy_engine.values.types import (
    COMMAND,
    EMAIL,
    HOST,
    INTEGER,
    PATH,
    TEXT,
    URL,
    WEEKDAY,
    ListOf,
    Type,
)


@pytest.mark.parametrize(
    ("type_", "pattern", "text", "matches"),
    [
        (TEXT, "a*b", "a/x.\nb", True),
        (TEXT, "a*b", "a/xbc", False),
        (TEXT, "a?b", "a\nb", True),
        (TEXT, "a?b", "ab", False),
        (TEXT, "a.b", "axb", False),
        (TEXT, "[a](b)\\d+|$^\0é", "[a](b)\\d+|$^\0é", True),
        (TEXT, "?", "é", True),
        (TEXT, "*", "", True),
        (TEXT, "*", "\ud800", False),
        (COMMAND, "git *", "git push; rm -rf /", True),
        (PATH, "/w/*.txt", "/w/a.txt", True),
        (PATH, "/w/*.txt", "/w/a/b.txt", False),
        (PATH, "/w/**", "/w/a/b.txt", True),
        (PATH, "/w/**", "/w", False),
        (PATH, "/w/**/x", "/w/a/b/x", True),
        (PATH, "/w/?", "/w//", False),
        (HOST, "*.acme.example", "www.acme.example", True),
        (HOST, "*.acme.example", "a.b.acme.example", False),
        (HOST, "**.acme.example", "a.b.acme.example", True),
        (HOST, "*.acme.example", "acme.example", False),
        (HOST, "*.acme.example", "x.acmeXexample", False),
        (HOST, "10.0.*.?", "10.0.255.1", True),
        (EMAIL, "*@acme.example", "a.b@acme.example", True),
        (EMAIL, "*@acme.example", "a@acme.example.evil.example", False),
        (EMAIL, "*@*.example", "a@b.example", True),
        (EMAIL, "*@*.example", "a@b.c.example", False),
        (EMAIL, "*@**.example", "a@b.c.example", True),
        (EMAIL, "**.acme.example", "a@b.c.acme.example", True),
        (EMAIL, "a*", "a@b.example", False),
        (URL, "https://*.acme.example/**", "https://www.acme.example/a/b?c#d", True),
        (URL, "https://*.acme.example/**", "https://a.b.acme.example/", False),
        (URL, "https://**.acme.example/**", "https://a.b.acme.example/", True),
        (URL, "https://**.acme.example/**", "https://evil.example/.acme.example/", False),
        (URL, "https://**.acme.example/**", "https://evil.example/?x=.acme.example/", False),
        (URL, "https://*.acme.example/**", "https://evil.example/.acme.example/", False),
        (URL, "https://acme.example/**", "https://acme.example:8443/", False),
        (URL, "https://acme.example:*/**", "https://acme.example:8443/", True),
        (URL, "https://acme.example/*", "https://acme.example/a", True),
        (URL, "https://acme.example/*", "https://acme.example/a/b", False),
        (URL, "https://acme.example/*", "https://acme.example/a?b", False),
        (URL, "*://acme.example/", "http://acme.example/", True),
        (URL, "https://**/**", "https://any.example/x", True),
        (URL, "https://**/**", "http://any.example/x", False),
    ],
)
def test_what_a_glob_matches(type_: Type, pattern: str, text: str, matches: bool) -> None:
    assert matches_glob(pattern, type_, text) is matches


@pytest.mark.parametrize(
    ("type_", "pattern"),
    [
        *[
            (TEXT, "a*"),
            (TEXT, "\\"),
            (COMMAND, "git *"),
            (PATH, "*"),
            (PATH, "**/x"),
            (PATH, "a?"),
        ],
        *[(PATH, "/"), (HOST, "*"), (HOST, "10.0.0.*"), (HOST, "192.168.?.1"), (HOST, "**.1")],
        *[(EMAIL, "*@acme.example"), (EMAIL, "*@**"), (EMAIL, "**"), (EMAIL, "**.acme.example")],
        *[(URL, "https://**/**"), (URL, "*://*:*/**"), (URL, "https://a.example:80*/")],
    ],
)
def test_a_pattern_that_can_be_used(type_: Type, pattern: str) -> None:
    assert glob_problem(pattern, type_) is None


@pytest.mark.parametrize(
    ("type_", "pattern", "problem"),
    [
        (INTEGER, "*", "only Text"),
        (WEEKDAY, "*", "only Text"),
        (ListOf(TEXT), "*", "only Text"),
        (TEXT, "", "is empty"),
        (TEXT, "a" * 1001, "longer than"),
        (TEXT, "\ud800*", "surrogate"),
        (PATH, "/a//*", "not like any path"),
        (PATH, "/a/../*", "not like any path"),
        (PATH, "../*", "not like any path"),
        (PATH, "/a/*/", "not like any path"),
        (PATH, "~/*", "not like any path"),
        (HOST, "*.Acme.example", "lower case"),
        (HOST, "*.acme.example.", "not like any host"),
        (HOST, "https://*", "not like any host"),
        (EMAIL, "*.acme.example", "no `@`"),
        (EMAIL, "*@Acme.example", "lower case"),
        (EMAIL, "*@*", "not like any address"),
        (EMAIL, "*@*@b.example", "not like any address"),
        (URL, "*.acme.example/*", "scheme"),
        (URL, "**", "scheme"),
        (URL, "https://*.acme.example", "behind the host"),
        (URL, "https://a.example/?q=*", "never a query"),
        (URL, "HTTPS://a.example/*", "not like any normal URL"),
        (URL, "https://a.example:443/*", "not like any normal URL"),
        (URL, "https://*@a.example/", "not like any normal URL"),
        (URL, "https://a.example/../*", "not like any normal URL"),
    ],
)
def test_a_pattern_that_cannot(type_: Type, pattern: str, problem: str) -> None:
    assert problem in (glob_problem(pattern, type_) or "")


def test_matching_takes_linear_time() -> None:
    assert not matches_glob("*a" * 400 + "b", TEXT, "a" * 100_000)
