"""What a directory file and an adapter say, and what of it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine.access import directory as module
from policy_engine.access.casbin_roles import directory_from, read_directory
from policy_engine.access.directory import Directory, Link
from policy_engine.foundation.errors import DirectoryError
from tests.access.casbin_models import text_adapter


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


def test_a_chain_does_not_run_through_a_closed_role(tmp_path: Path) -> None:
    directory = read_directory(directory_file(tmp_path, "g, bot, boss\n"), [("boss", "clerk")])
    assert directory.roles_of("bot", closed_to={"boss"}) == frozenset()


def test_a_line_that_stands_twice_counts_once(tmp_path: Path) -> None:
    directory = read_directory(directory_file(tmp_path, "g, ann, a\ng, ann,  a\n"))
    assert (directory.size, directory.roles_of("ann")) == (1, {"a"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("g, ann\n", "takes 2 names"),
        ("g, ann, a, emea\n", "takes 2 names"),
        ("g2, ann, a\n", "takes 3 names"),
        ("g, , a\n", "all given"),
        ("px, ann, a\n", "no kind of assignment"),
        ("p, ann, data, read\n", "said in policies"),
        ('g, "ann, jr", a\n', "takes 2 names"),
        ('g, "ann", a\n', "without quotes"),
        ("g, a, a\n", "includes itself"),
        ("g, a, b\ng, b, a\n", "includes itself"),
        ("g2, a, b, x\ng, b, a\n", "includes itself"),
        ("g2, a, b, x\ng2, b, c, x\ng, c, a\n", "includes itself"),
    ],
)
def test_what_casbin_would_swallow_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(DirectoryError, match=why):
        read_directory(directory_file(tmp_path, text))


def test_a_cycle_is_named_and_one_in_two_domains_is_none() -> None:
    with pytest.raises(DirectoryError, match=r"a → b → c → a|b → c → a → b|c → a → b → c"):
        directory_from(text_adapter("g, a, b", "g, b, c", "g, c, a"))
    directory = directory_from(text_adapter("g2, a, b, x", "g2, b, a, y"))
    assert (directory.roles_of("a", "x"), directory.roles_of("b", "y")) == ({"b"}, {"a"})


def test_a_missing_or_unreadable_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="there is no directory"):
        read_directory(tmp_path / "none.csv")
    (tmp_path / "bad.csv").write_bytes(b"g, \xff, a\n")
    with pytest.raises(DirectoryError, match="UTF-8"):
        read_directory(tmp_path / "bad.csv")


# Answers are kept


def table(*links: tuple[str, str, str | None]) -> Directory:
    return Directory(frozenset(Link(*link) for link in links), len(links))


def test_one_question_has_one_answer() -> None:
    directory = table(("ann", "a", None), ("a", "b", None), ("ben", "a", "emea"))
    closed = frozenset({"b"})
    assert directory.roles_of("ann") is directory.roles_of("ann")
    assert directory.roles_of("ben", "emea") is directory.roles_of("ben", "emea")
    assert directory.roles_of("ann", None, closed) is directory.roles_of("ann", None, ["b"])
    assert directory.roles_of("ann", None, closed) == {"a"}
    assert directory.roles_of("ann", "a domain without rows") is directory.roles_of("ann")


def test_strangers_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids and domains come from outside: nobody fills the memory by making them up."""
    directory = table(("ann", "a", None))
    for number in range(100):
        assert directory.roles_of(f"bot-{number}", f"domain-{number}") == frozenset()
        assert directory.roles_of("ann", f"domain-{number}") == {"a"}
    assert len(directory._answers) == 1
    monkeypatch.setattr(module, "MOST_ANSWERS", 3)
    for number in range(10):
        assert directory.roles_of("ann", None, {f"role-{number}"}) == {"a"}
    assert len(directory._answers) <= 3


def test_an_answer_that_is_kept_takes_no_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    directory = table(("ann", "a", None), ("a", "b", None))
    first = directory.roles_of("ann")
    monkeypatch.setattr(module, "_held", None)
    assert directory.roles_of("ann") is first
