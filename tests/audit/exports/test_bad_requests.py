"""Periods, zones and frameworks that there are not, and places where nothing can be written.

Each is refused in words with exit code 2, or 3 where the policy is what is wrong; nothing is
written half, and what is no file stays what it is.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.audit.busy import BusyDesk
from tests.audit.exports.conftest import CONTROLLED
from tests.audit.ran import Ran, in_one_line, run

# Times, periods and zones


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--from", "2026-02-30"), ("`2026-02-30` is no date", "write one as 2026-11-23")),
        (("--to", "2026-13-01"), ("`2026-13-01` is no date", "or 2026-11-23T12:00:00Z")),
        (("--from", "99999-01-01"), ("`99999-01-01` is no date",)),
        (("--from", "0000-01-01"), ("`0000-01-01` is no date",)),
        (("--from", "0001-01-01", "--zone", "Asia/Tokyo"), ("`0001-01-01` is no date",)),
        (("--from", "2026-05-04T25:00"), ("`2026-05-04T25:00` is no date",)),
        (("--from", "yesterday"), ("`yesterday` is no date",)),
        (("--from", ""), ("`` is no date",)),
        (("--zone", "Mars/Olympus"), ("there is no time zone `Mars/Olympus`",)),
        (("--zone", "../../etc/passwd"), ("there is no time zone `../../etc/passwd`",)),
        (("--zone", ""), ("there is no time zone ``",)),
        (
            ("--from", "2026-06-01", "--to", "2026-05-01"),
            ("the period from `2026-06-01` to `2026-05-01` has no moment in it",),
        ),
        (("--from", "2026-06-01", "--to", "2026-06-01"), ("has no moment in it",)),
    ],
)
def test_a_period_that_is_none_is_refused_and_nothing_written(
    options: tuple[str, ...], words: tuple[str, ...], desk: BusyDesk, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "it"
    for command in (("report", "--html", out), ("export", "--format", "csv", "-o", out)):
        in_one_line(run("audit", *command, "--store", desk.store, *options), 2, *words)
        assert list(out.parent.iterdir()) == []


# Reports, and where they are written


def test_a_framework_that_the_policy_does_not_have(desk: BusyDesk, tmp_path: Path) -> None:
    path = tmp_path / "controlled.policy"
    path.write_text(CONTROLLED, encoding="utf-8")
    command = ("audit", "report", "--store", desk.store, "--policy", path, "--framework")
    in_one_line(run(*command, "eui"), 2, "no framework `eui`; did you mean `eu`?")
    in_one_line(run(*command, "soc_2"), 2, "no framework `soc_2`; it has `eu`, `iso`")


def test_a_catalogue_with_an_error_is_shown_at_its_place(desk: BusyDesk, tmp_path: Path) -> None:
    path = tmp_path / "controlled.policy"
    path.write_text(CONTROLLED.replace('art_12 "Records"', "art_12 Records"), encoding="utf-8")
    out = tmp_path / "page.html"
    ran = run(
        *("audit", "report", "--store", desk.store, "--policy", path, "--framework", "eu"),
        *("--html", out),
    )
    assert (ran.code, f"{path}:" in ran.said, out.exists()) == (3, True, False)


FORMATS = ("csv", "xlsx", "ocsf", "sarif", "oscal")


def writing(store: str, path: Path) -> dict[str, Ran]:
    """What each command says that writes a file."""
    export = ("audit", "export", "--store", store, "-o", path, "--format")
    said = {form: run(*export, form) for form in FORMATS}
    return {**said, "html": run("audit", "report", "--store", store, "--html", path)}


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full here")
def test_a_disk_that_is_full_is_said_and_a_device_stays_one(
    controlled: BusyDesk, tmp_path: Path
) -> None:
    path = tmp_path / "full.csv"
    path.symlink_to("/dev/full")
    for form, ran in writing(controlled.store, path).items():
        assert (ran.code, "No space left on device" in ran.said) == (2, True), (form, ran)
    assert path.is_symlink()
    assert stat.S_ISCHR(path.stat().st_mode)
    assert [one.name for one in tmp_path.iterdir()] == ["full.csv"]


def test_a_link_stays_one_and_its_file_is_written(controlled: BusyDesk, tmp_path: Path) -> None:
    file, link = tmp_path / "file.csv", tmp_path / "link.csv"
    file.write_text("earlier", encoding="utf-8")
    link.symlink_to(file)
    assert {ran.code for ran in writing(controlled.store, link).values()} == {0}
    assert link.is_symlink()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file.csv", "link.csv"]


@pytest.mark.parametrize("place", ["none/it.csv", "file/it.csv", "."])
def test_a_place_where_nothing_can_be_written(
    place: str, controlled: BusyDesk, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    for form, ran in writing(controlled.store, tmp_path / place).items():
        assert ran.code == 2, (form, ran)
        assert "is there already" in ran.said or "cannot be written: " in ran.said
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_may_only_be_read(controlled: BusyDesk, tmp_path: Path) -> None:
    """Root may write everywhere but where the kernel itself says no."""
    folder = Path("/proc/self/fdinfo") if os.geteuid() == 0 else tmp_path
    if not folder.is_dir():
        pytest.skip("no folder here that nobody can write to")
    before = list(tmp_path.iterdir())
    tmp_path.chmod(0o500)
    try:
        for form, ran in writing(controlled.store, folder / "it.csv").items():
            assert (ran.code, "cannot be written: " in ran.said) == (2, True), (form, ran)
        assert list(tmp_path.iterdir()) == before
    finally:
        tmp_path.chmod(0o700)
