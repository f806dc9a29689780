"""The table of roles says what Casbin says, and Casbin's traps are closed."""

from __future__ import annotations

from pathlib import Path

import casbin
import pytest
from casbin import persist
from hypothesis import given, settings, strategies as st

from policy_engine.access.casbin_roles import _MODEL, directory_from, read_directory
from policy_engine.foundation.errors import DirectoryError


def directory_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "roles.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_roles_are_held_through_roles_and_in_domains(tmp_path: Path) -> None:
    text = "# people\ng, ann, senior\ng, senior, junior\n\ng2, ben, senior, emea\n"
    directory = read_directory(directory_file(tmp_path, text))
    assert directory.roles_of("ann") == {"senior", "junior"}
    assert directory.roles_of("ben") == frozenset()
    assert directory.roles_of("ben", "emea") == {"senior", "junior"}
    assert directory.roles_of("ben", "apac") == frozenset()


def test_the_policy_s_own_hierarchy_is_added(tmp_path: Path) -> None:
    directory = read_directory(directory_file(tmp_path, "g, ann, a\n"), [("a", "b"), ("b", "c")])
    assert directory.roles_of("ann") == {"a", "b", "c"}


def test_a_chain_is_never_cut(tmp_path: Path) -> None:
    """Casbin itself gives up after ten links, without a word."""
    chain = "".join(f"g, r{i}, r{i + 1}\n" for i in range(40))
    directory = read_directory(directory_file(tmp_path, "g, ann, r0\n" + chain))
    assert "r40" in directory.roles_of("ann")


def test_a_chain_does_not_run_through_a_closed_role(tmp_path: Path) -> None:
    directory = read_directory(directory_file(tmp_path, "g, bot, boss\n"), [("boss", "clerk")])
    assert directory.roles_of("bot", closed_to={"boss"}) == frozenset()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("g, ann\n", "takes 2 names"),
        ("g, ann, a, emea\n", "takes 2 names"),
        ("g2, ann, a\n", "takes 3 names"),
        ("g, , a\n", "all given"),
        ("px, ann, a\n", "no kind of assignment"),
        ("p, ann, data, read\n", "no kind of assignment"),
        ('g, "ann, jr", a\n', "takes 2 names"),
        ('g, "ann", a\n', "without quotes"),
        ("g, a, b\ng, b, a\n", "includes itself"),
        ("g2, a, b, x\ng, b, a\n", "includes itself"),
    ],
)
def test_what_casbin_would_swallow_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(DirectoryError, match=why):
        read_directory(directory_file(tmp_path, text))


def test_a_missing_or_unreadable_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="there is no directory"):
        read_directory(tmp_path / "none.csv")
    (tmp_path / "bad.csv").write_bytes(b"g, \xff, a\n")
    with pytest.raises(DirectoryError, match="UTF-8"):
        read_directory(tmp_path / "bad.csv")


names = st.sampled_from(["ann", "ben", "r1", "r2", "r3", "r4"])
links = st.lists(
    st.tuples(names, names, st.sampled_from([None, "x", "y"])), min_size=1, max_size=10
)


@settings(max_examples=60, deadline=None)
@given(links)
def test_the_table_is_casbin_s(rows: list[tuple[str, str, str | None]]) -> None:
    """For every name and domain: our closure equals Casbin's implicit roles."""
    lines = [f"g, {a}, {b}" if d is None else f"g2, {a}, {b}, {d}" for a, b, d in rows]
    adapter = persist.adapters.string_adapter.StringAdapter("\n".join(lines))
    try:
        table = directory_from(adapter)
    except DirectoryError:
        return
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=_MODEL), adapter)
    for who in ["ann", "ben", "r1"]:
        for domain in ["x", "y"]:
            assert table.roles_of(who, domain) == set(
                enforcer.get_implicit_roles_for_user(who, domain)
            )
