"""Policy files as files: bounded, UTF-8, and nothing read from above."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine import Engine, PolicyError
from policy_engine.bundle import files as bundle_files
from policy_engine.bundle.contents import read_contents, read_policy
from policy_engine.bundle.files import Roots, read_beside, read_files
from policy_engine.loading import check
from tests.bundle.desk import write_files


def codes(*paths: Path) -> list[str]:
    return [d.code.id for d in check(paths)[1]]


def test_a_folder_is_read_with_its_subfolders_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.policy", "a.policy", "sub/c.policy", "note.txt"):
        (tmp_path / name).write_text('policy x.y owner "z"\n')
    files = read_files([tmp_path, tmp_path / "a.policy"])
    assert [Path(s.name).name for s in files.sources] == ["a.policy", "b.policy", "c.policy"]


def test_a_file_of_fifty_megabytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "big.policy").open("wb") as file:
        file.truncate(50 * 2**20)
    assert codes(tmp_path) == ["B802"]


def test_a_file_that_is_not_utf8_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "x.policy").write_bytes(b"policy a.b\n# caf\xe9\n")
    _, diagnostics = check(tmp_path)
    assert (diagnostics[0].code.id, diagnostics[0].title) == (
        "B801",
        "byte 17 (line 2) is not UTF-8",
    )


def test_nothing_there_is_an_error(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["B804"]
    assert codes(tmp_path / "none.policy") == ["B804"]


def test_no_policy_no_engine(tmp_path: Path) -> None:
    with pytest.raises(PolicyError):
        Engine.load(tmp_path)


def test_a_schema_is_not_read_from_above_or_through_links(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.json").write_text("{}")
    (inner / "link.json").symlink_to(tmp_path / "secret.json")
    (inner / "own.json").write_text("{}")
    policy = str(inner / "x.policy")
    assert read_beside(policy, "own.json") == "{}"
    assert read_beside(policy, "../secret.json") is None
    assert read_beside(policy, "link.json") is None
    assert read_beside(policy, str(tmp_path / "secret.json")) is None


SHIPPED = {
    "package/kit/forms.policy": """
policy kit.forms "Forms" owner "kit@kit.example"
task fill { input name: Text }
rule filling permit any agent to fill when name != "nobody"
validation form checks input against schema "side/form.json"
rule formed require form before fill
test "names" for each case in "side/names.csv" given agent "a" given form passed
  when fill { name: case.name } expect case.outcome
""",
    "package/kit/side/form.json": '{"required": ["name"]}',
    "package/kit/side/names.csv": "name,outcome\nann,allow\nnobody,deny\n",
    "package/kit/up.policy": """
policy kit.up "Up" owner "kit@kit.example"
task rise {}
rule rising permit any agent to rise
validation high checks input against schema "../above.json"
rule steady require high before rise
""",
    "package/above.json": "{}",
    "desk/desk.policy": 'policy acme.desk "Desk" owner "a@b"\nimport kit.forms\n',
    "desk/high.policy": 'policy acme.high "High" owner "a@b"\nimport kit.up\n',
}


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which somebody works; the policy `kit.forms` ships with the package."""
    write_files(tmp_path, SHIPPED)
    monkeypatch.setattr(bundle_files, "data_file", lambda path: tmp_path / "package")
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


def test_what_a_shipped_policy_names_is_read_from_beside_it(shipped: Path) -> None:
    policy, diagnostics = check(shipped / "desk.policy")
    assert (policy is not None, diagnostics) == (True, ())
    contents = read_contents([shipped / "desk.policy"])
    assert contents.files["imports/kit/side/form.json"] == '{"required": ["name"]}'
    assert read_policy(contents.given, contents.files).digest == contents.policy.digest


@pytest.mark.parametrize(
    ("name", "text"),
    [("form.json", '{"required": []}'), ("names.csv", "name,outcome\nnobody,allow\n")],
)
def test_a_file_of_that_name_in_the_working_directory_is_not_read(
    shipped: Path, name: str, text: str
) -> None:
    expected = read_contents([shipped / "desk.policy"])
    write_files(shipped, {f"policies/kit/side/{name}": text})
    assert read_contents([shipped / "desk.policy"]).files == expected.files
    assert Engine.load(shipped / "desk.policy").policy.digest == expected.policy.digest


def test_a_shipped_policy_reads_nothing_from_above(shipped: Path) -> None:
    assert codes(shipped / "high.policy") == ["N213"]
    roots = Roots([shipped])
    found = roots.find("kit.forms")
    assert found is not None
    assert roots.read_beside(found.name, "side/form.json") == '{"required": ["name"]}'
    assert roots.read_beside(found.name, "side") is None
    assert roots.read_beside(found.name, str(shipped / "desk.policy")) is None


@pytest.mark.parametrize(
    "schema",
    [
        "{",
        '{"type": "nonsense"}',
        '{"pattern": "(?=x)"}',
        '{"$ref": "https://elsewhere.example/s.json"}',
        '{"type": "object", "type": "object"}',
    ],
)
def test_a_schema_that_cannot_be_used_is_said_at_load(tmp_path: Path, schema: str) -> None:
    (tmp_path / "s.json").write_text(schema)
    (tmp_path / "x.policy").write_text(
        'policy a.b owner "c"\ntask t {}\nrule p permit any agent to t\n'
        'validation v checks input against schema "s.json"\nrule r require v before t\n'
    )
    assert codes(tmp_path) == ["T315"]


def test_moving_statements_between_files_changes_no_digest(tmp_path: Path) -> None:
    """File names, order of statements, comments and layout take no part in the policy's name."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir(), two.mkdir()
    header = 'policy a.b owner "c"\n'
    (one / "x.policy").write_text(header + "role r\ntask t {}\nrule p permit r to t\n")
    (two / "y.policy").write_text(header + "rule p\n  permit r to t  # moved\n")
    (two / "z.policy").write_text(header + "task t { }\nrole r\n")
    digests = {Engine.load(folder).policy.digest for folder in (one, two)}
    assert len(digests) == 1
    (two / "z.policy").write_text(header + 'task t "Do it" { }\nrole r\n')
    assert Engine.load(two).policy.digest not in digests
