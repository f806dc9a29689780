"""Casbin's traps: in each test first what Casbin itself does, then what we do instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import casbin
import pytest
from casbin import persist
from casbin.persist.adapters.asyncio import AsyncAdapter

from policy_engine.access.casbin_gate import CasbinGate
from policy_engine.access.casbin_roles import directory_from, read_directory
from policy_engine.foundation.errors import DirectoryError, GateError
from tests.access.casbin_models import EFFECTS, ROLES, enforcer_of, text_adapter

READ = "p, admin, order, read"


def refused(*lines: str) -> str:
    """Why a directory of these lines cannot be made."""
    with pytest.raises(DirectoryError) as caught:
        directory_from(text_adapter(*lines))
    return str(caught.value)


def not_relied_on(enforcer: Any) -> str:
    """Why a gate of this enforcer cannot be made."""
    with pytest.raises(GateError) as caught:
        CasbinGate(enforcer)
    return str(caught.value)


# Rows


def test_a_row_that_is_too_long() -> None:
    """Casbin cuts it: ann, an admin in one place, is an admin everywhere."""
    assert enforcer_of(ROLES, "g, ann, admin, emea", READ).enforce("ann", "order", "read") is True
    assert "`g` takes 2 names" in refused("g, ann, admin, emea")
    enforcer = enforcer_of(ROLES, "g, ann, admin, emea", READ)
    assert "`g, ann, admin, emea` needs 2 fields" in not_relied_on(enforcer)


def test_a_row_that_is_too_short() -> None:
    """Among roles Casbin raises without a place, among rules only when it is asked."""
    with pytest.raises(RuntimeError, match="do not meet role definition"):
        enforcer_of(ROLES, "g, ann")
    assert "the row `g, ann`: `g` takes 2 names" in refused("g, ann")
    enforcer = enforcer_of(ROLES, "p, admin, order")
    with pytest.raises(RuntimeError, match="invalid policy size"):
        enforcer.enforce("admin", "order", "read")
    assert "`p, admin, order` needs 3 fields" in not_relied_on(enforcer)


@pytest.mark.parametrize("line", ["gx, ann, admin", "g3, ann, admin, emea", "px, ann, order, read"])
def test_a_row_of_a_kind_that_the_model_does_not_define(line: str) -> None:
    """Casbin passes over it without a word."""
    enforcer = enforcer_of(ROLES, line, READ)
    assert enforcer.get_grouping_policy() == []
    assert enforcer.get_policy() == [["admin", "order", "read"]]
    assert "is no kind of assignment" in refused(line)
    assert f"`{line}` is of a kind that the model does not define" in not_relied_on(enforcer)


def test_a_deny_of_a_kind_that_the_model_does_not_define() -> None:
    lines = ["p, ann, order, read, allow", "p2, ann, order, read, deny"]
    enforcer = enforcer_of(EFFECTS, *lines)
    assert enforcer.enforce("ann", "order", "read") is True
    assert "`p2, ann, order, read, deny`" in not_relied_on(enforcer)


@pytest.mark.parametrize("section", ["g", "p"])
def test_an_adapter_that_goes_past_the_lines(section: str) -> None:
    """Some adapters fill the model themselves, with a section and a kind."""

    class Direct(persist.Adapter):  # type: ignore[misc]
        def load_policy(self, model: Any) -> None:
            model.add_policy(section, "g", ["ann", "admin"])

    if section == "g":
        assert directory_from(Direct()).roles_of("ann") == {"admin"}
        return
    with pytest.raises(DirectoryError, match="`p/g` is no kind of assignment"):
        directory_from(Direct())


def test_an_adapter_whose_names_are_no_text() -> None:
    """To Casbin 7 and `7` are two principals."""

    class Numbers(persist.Adapter):  # type: ignore[misc]
        def load_policy(self, model: Any) -> None:
            model.model["g"]["g"].policy.append([7, "admin"])

    with pytest.raises(DirectoryError, match="no text"):
        directory_from(Numbers())


def test_quotes_are_part_of_the_name() -> None:
    lines = ["p, ann, order, read, allow", 'p, "ann", order, read, deny']
    enforcer = enforcer_of(EFFECTS, *lines)
    assert enforcer.enforce("ann", "order", "read") is True
    assert "has quotes" in not_relied_on(enforcer)
    assert "without commas, quotes" in refused('g, "ann", admin')


def test_brackets_swallow_commas() -> None:
    enforcer = enforcer_of(ROLES, "g2, a(, b), admin, x", READ)
    assert enforcer.get_named_grouping_policy("g2") == [["a(, b)", "admin", "x"]]
    assert "without commas" in refused("g2, a(, b), admin, x")
    assert "IndexError" in refused("g, a], admin")


# Roles


def test_a_cycle_of_roles() -> None:
    """To Casbin each of them is all the others."""
    lines = ["g, a, b", "g, b, a", "p, a, order, read"]
    assert enforcer_of(ROLES, *lines).enforce("b", "order", "read") is True
    assert "includes itself" in refused(*lines[:2])
    assert "roles include each other" in not_relied_on(enforcer_of(ROLES, *lines))


def test_a_chain_past_the_limit_of_ten() -> None:
    """Casbin follows nine links; a deny on the role behind the tenth is dropped."""
    chain = [f"g, r{i}, r{i + 1}" for i in range(10)]
    rules = ["p, r0, order, read, allow", "p, r10, order, read, deny"]
    assert enforcer_of(EFFECTS, *chain, *rules).enforce("r0", "order", "read") is True
    assert directory_from(text_adapter(*chain)).roles_of("r0") == {f"r{i}" for i in range(1, 11)}
    why = not_relied_on(enforcer_of(EFFECTS, *chain, *rules))
    assert "from `r0` a chain has 10 links; Casbin follows 9" in why
    rules = ["p, r1, order, read, allow", "p, r10, order, read, deny"]
    shorter = enforcer_of(EFFECTS, *chain[1:], *rules)
    assert CasbinGate(shorter).trouble is None
    assert shorter.enforce("r1", "order", "read") is False


# Effects


@pytest.mark.parametrize("word", ["Deny", "denied", "DENY", ""])
def test_an_unknown_effect_in_a_row(word: str) -> None:
    """Casbin takes it for no answer at all, so what was to be denied is allowed."""
    lines = ["p, ann, order, read, allow", f"p, ann, order, read, {word}"]
    enforcer = enforcer_of(EFFECTS, *lines)
    assert enforcer.enforce("ann", "order", "read") is True
    assert "neither `allow` nor `deny`" in not_relied_on(enforcer)


def test_an_unknown_effect_in_the_model(tmp_path: Path) -> None:
    """Casbin looks at the first effect alone, and its words are: unsupported effect."""
    wrong = EFFECTS.replace("== deny", "== denied")
    with pytest.raises(RuntimeError, match="unsupported effect"):
        enforcer_of(wrong, "p, ann, order, read, allow")
    (tmp_path / "model.conf").write_text(wrong)
    (tmp_path / "policy.csv").write_text("p, ann, order, read, allow")
    with pytest.raises(GateError, match="unsupported effect"):
        CasbinGate.load(tmp_path / "model.conf", tmp_path / "policy.csv")
    second = EFFECTS.replace("[matchers]", "e2 = some(where (p.eft == allowed))\n[matchers]")
    enforcer = enforcer_of(second, "p, ann, order, read, allow")
    assert "`e2 = some(where (p_eft == allowed))` is none" in not_relied_on(enforcer)


def test_a_policy_without_rules() -> None:
    """Casbin asks its matcher about a rule of empty texts, and that may be true."""
    assert enforcer_of(ROLES, "g, ann, admin").enforce("", "", "") is True
    assert "it holds no rule" in not_relied_on(enforcer_of(ROLES, "g, ann, admin"))


# Adapters


def test_an_adapter_that_holds_back_a_part(tmp_path: Path) -> None:
    """Given a filtered adapter, Casbin reads nothing and says nothing."""
    path = tmp_path / "roles.csv"
    path.write_text("g, ann, admin\n")
    adapter = persist.adapters.FilteredFileAdapter(str(path))
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=ROLES), adapter)
    assert enforcer.get_grouping_policy() == []
    with pytest.raises(DirectoryError, match="filtered"):
        directory_from(adapter)
    assert read_directory(path).roles_of("ann") == {"admin"}


def test_an_adapter_that_reads_later() -> None:
    """It returns a promise, and the rows of a promise are none."""

    class Later(persist.Adapter):  # type: ignore[misc]
        async def load_policy(self, model: Any) -> None:
            model.add_policy("g", "g", ["ann", "admin"])

    with pytest.raises(DirectoryError, match="asynchronous"):
        directory_from(Later())

    class Asynchronous(AsyncAdapter):  # type: ignore[misc]
        load_policy = save_policy = add_policy = remove_policy = None
        remove_filtered_policy = None

    for other in (Asynchronous(), object(), "roles.csv"):
        with pytest.raises(DirectoryError, match="no Casbin adapter"):
            directory_from(other)


# FastEnforcer


DENIED = ["p, ann, order, read, allow", "p, ann, *, read, deny"]


def fast_from(tmp_path: Path, *lines: str) -> Any:
    """A FastEnforcer that looks rules up by subject and object."""
    (tmp_path / "model.conf").write_text(EFFECTS)
    (tmp_path / "policy.csv").write_text("\n".join(lines))
    paths = str(tmp_path / "model.conf"), str(tmp_path / "policy.csv")
    return casbin.FastEnforcer(*paths, cache_key_order=[0, 1])


def test_a_fast_enforcer_passes_over_wildcards(tmp_path: Path) -> None:
    assert enforcer_of(EFFECTS, *DENIED).enforce("ann", "order", "read") is False
    enforcer = fast_from(tmp_path, *DENIED)
    assert enforcer.enforce("ann", "order", "read") is True
    assert "FastEnforcer is not supported" in not_relied_on(enforcer)


def test_a_fast_enforcer_takes_the_filter_of_another_thread(tmp_path: Path) -> None:
    """Two threads in the order that a scheduler may choose: ann is denied what is allowed."""
    enforcer = fast_from(tmp_path, "p, ann, order, read, allow", "p, ben, desk, read, allow")
    assert enforcer.enforce("ann", "order", "read") is True
    functions: Callable[[], Any] = enforcer.fm.get_functions
    ann_has_set_hers, ben_has_set_his, ann_is_done = Event(), Event(), Event()
    answers: dict[str, bool] = {}

    def paused() -> Any:
        if not ann_has_set_hers.is_set():
            ann_has_set_hers.set()
            ben_has_set_his.wait(10)
        else:
            ben_has_set_his.set()
            ann_is_done.wait(10)
        return functions()

    def ann() -> None:
        answers["ann"] = enforcer.enforce("ann", "order", "read")
        ann_is_done.set()

    enforcer.fm.get_functions = paused
    thread = Thread(target=ann)
    thread.start()
    assert ann_has_set_hers.wait(10)
    enforcer.enforce("ben", "desk", "read")
    thread.join(10)
    assert answers == {"ann": False}


@pytest.mark.parametrize("kind", [casbin.SyncedEnforcer, casbin.AsyncEnforcer])
def test_enforcers_of_other_kinds(kind: Any) -> None:
    enforcer = kind(casbin.Enforcer.new_model(text=EFFECTS), None)
    assert "not supported; hand in a plain `casbin.Enforcer`" in not_relied_on(enforcer)
