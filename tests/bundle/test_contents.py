"""Which files go into a bundle, and that they mean there what they mean outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine import Engine, PolicyError
from policy_engine.bundle.contents import read_contents, read_policy
from policy_engine.bundle.flaw import Flaw
from policy_engine.foundation.data import read_data
from policy_engine.runtime.validations import check_schemas
from tests.bundle.desk import FILES, SMALL, write_files


def test_each_file_that_is_used_has_its_place(tmp_path: Path) -> None:
    contents = read_contents([write_files(tmp_path)])
    assert contents.given == ("policies/refunds.policy",)
    assert contents.files == {
        "policies/refunds.policy": FILES["desk/refunds.policy"],
        "policies/cases/sums.csv": FILES["desk/cases/sums.csv"],
        "policies/schemas/pay.json": FILES["desk/schemas/pay.json"],
        "imports/library/mail.policy": FILES["desk/library/mail.policy"],
        "imports/library/mail.json": FILES["desk/library/mail.json"],
        "imports/library/names.policy": FILES["desk/library/names.policy"],
        "imports/frameworks/eu_ai_act.policy": read_data("policies/frameworks/eu_ai_act.policy"),
    }


def test_the_same_policy_is_read_from_it(tmp_path: Path) -> None:
    path = write_files(tmp_path)
    contents = read_contents([path])
    inside = read_policy(contents.given, contents.files)
    outside = Engine.load(path).policy
    assert inside.digest == contents.policy.digest == outside.digest
    assert [t.title for t in inside.tests] == [t.title for t in outside.tests]
    assert [r.passed for r in Engine(inside).test()] == [True]


def test_nothing_is_read_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is missing from the contents is missing, though it is there on the disk."""
    contents = read_contents([write_files(tmp_path)])
    monkeypatch.chdir(tmp_path / "desk")
    for place in contents.files.keys() - set(contents.given):
        left = {name: text for name, text in contents.files.items() if name != place}
        with pytest.raises(PolicyError):
            read_policy(contents.given, left)


def test_a_folder_keeps_the_places_of_its_files_to_each_other(tmp_path: Path) -> None:
    write_files(tmp_path)
    contents = read_contents([tmp_path / "desk"])
    assert contents.given == (
        "policies/library/mail.policy",
        "policies/library/names.policy",
        "policies/library/unused.policy",
        "policies/refunds.policy",
    )
    assert read_policy(contents.given, contents.files).digest == contents.policy.digest


def test_files_of_several_folders_are_seen_from_the_nearest_that_holds_all(tmp_path: Path) -> None:
    write_files(tmp_path, {"x/one/a.policy": SMALL, "x/two/b.policy": 'policy d.e owner "c"\n'})
    contents = read_contents([tmp_path / "x/two", tmp_path / "x/one/a.policy"])
    assert contents.given == ("policies/one/a.policy", "policies/two/b.policy")


def test_errors_are_said_all_at_once(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"a.policy": SMALL + "role r\nrule q permit x to pay\n"})
    with pytest.raises(PolicyError) as raised:
        read_contents([path])
    assert {d.code.id for d in raised.value.diagnostics} >= {"N210", "N202"}
    with pytest.raises(PolicyError, match="B804"):
        read_contents([tmp_path / "none"])


def test_what_else_is_wrong_counts_too(tmp_path: Path) -> None:
    path = write_files(tmp_path, {**FILES, "desk/schemas/pay.json": '{"type": "nonsense"}'})
    with pytest.raises(PolicyError, match="T315"):
        read_contents([path], check=check_schemas)


def test_a_byte_order_mark_is_no_part_of_the_policy(tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert read_contents([tmp_path / "a.policy"]).files == {"policies/a.policy": SMALL}


def test_a_file_without_a_place_is_refused(tmp_path: Path) -> None:
    """Seen from the policy file the schema stands beside it, but its name leads round outside."""
    text = FILES["desk/refunds.policy"].replace("schemas/pay", "../desk/schemas/pay")
    path = write_files(tmp_path, {**FILES, "desk/refunds.policy": text})
    with pytest.raises(Flaw, match="has no place in a bundle"):
        read_contents([path])


def test_two_files_for_one_place_are_refused(tmp_path: Path) -> None:
    """Imports found below different roots, each with a schema of the same name beside it."""
    head, validation = 'owner "a@b"\n', 'validation {} checks input against schema "s.json"\n'
    write_files(
        tmp_path,
        {
            "one/a.policy": f"policy p.one {head}import x.left\nimport x.right\n",
            "one/x/left.policy": f"policy x.left {head}" + validation.format("left"),
            "one/x/s.json": "{}",
            "two/b.policy": f"policy p.two {head}",
            "two/x/right.policy": f"policy x.right {head}" + validation.format("right"),
            "two/x/s.json": '{"type": "object"}',
        },
    )
    with pytest.raises(Flaw, match=r"two different files would stand at imports/x/s\.json"):
        read_contents([tmp_path / "one/a.policy", tmp_path / "two/b.policy"])
