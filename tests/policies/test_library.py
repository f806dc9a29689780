"""The library: each module is clean, laid out, tested closely, and does what its page says.

The modules' own tests show each rule once. Here their words are tried on many values: paths, lines,
links and texts as they occur, harmless ones beside dangerous ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from policy_engine import Action, Agent, Engine, Outcome
from policy_engine.analysis.coverage import coverage
from policy_engine.analysis.mutation import mutation
from policy_engine.foundation.source import Source
from policy_engine.language.format import formatted
from policy_engine.language.policy import Effect
from policy_engine.loading import check

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "policies" / "library"
PAGES = ROOT / "docs" / "library"
MODULES = sorted(LIBRARY.glob("*.policy"))

each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)


@cache
def _engine(path: Path) -> Engine:
    return Engine.load(path)


def test_every_module_has_a_page_and_every_page_a_module() -> None:
    modules = [path.stem for path in MODULES]
    assert sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "README") == modules
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[library\.(\w+)\]", index, re.MULTILINE)) == modules


@each_module
def test_its_page_names_all_that_it_declares(path: Path) -> None:
    """Its rules are named there too, but for the coding agents', whose page goes by their tasks."""
    policy = path.read_text(encoding="utf-8")
    kinds = "task|define|table" if path.stem == "code_agents" else "task|define|table|rule"
    declared = re.findall(rf"^(?:{kinds}) (\w+)", policy, re.MULTILINE)
    page = (PAGES / f"{path.stem}.md").read_text(encoding="utf-8")
    spoken = set(re.findall(r"`(?:\w+\.)?(\w+)(?:\([^`]*\))?`", page))
    assert [name for name in declared if name not in spoken] == []


def test_all_modules_can_be_loaded_together() -> None:
    """No two of them use one name for two things."""
    policy, diagnostics = check(LIBRARY)
    assert policy is not None
    assert diagnostics == ()


@each_module
def test_nothing_is_to_be_said_about_it(path: Path) -> None:
    policy, diagnostics = check(path)
    assert policy is not None
    assert diagnostics == ()
    text = path.read_text(encoding="utf-8")
    assert formatted(Source(path.name, text)) == (text, ())


@each_module
def test_its_tests_pass_and_cover_every_rule(path: Path) -> None:
    rehearsals = _engine(path).test()
    assert [(r.test.title, r.problems) for r in rehearsals if not r.passed] == []
    covered = coverage(_engine(path).policy, rehearsals)
    assert [rule.name for rule in (*covered.uncovered, *covered.undecided)] == []


@each_module
def test_its_tests_notice_small_mistakes(path: Path) -> None:
    result = mutation(_engine(path).policy)
    assert result.never_mattered == ()
    assert result.score >= 0.9, [f"{m.name}: {m.description}" for m in result.survivors]


@each_module
def test_every_rule_says_in_a_sentence_what_it_is_for(path: Path) -> None:
    titles = [rule.title for rule in _engine(path).policy.rules.values()]
    assert "" not in titles
    assert None not in titles
    assert len(set(titles)) == len(titles)


@each_module
def test_it_grants_nothing_to_agents_without_a_role(path: Path) -> None:
    """Whoever imports a module says who holds its roles; nobody does so by importing it."""
    rules = _engine(path).policy.rules.values()
    grants = [rule for rule in rules if rule.effect is Effect.PERMIT]
    assert grants != []
    assert [rule.name for rule in grants if not rule.subject.roles] == []


KEEPS_SECRET = """
    /home/eve/.ssh/config  .ssh  a/.aws/credentials  /srv/.ENV  .env.local  /home/eve/.netrc
    .git-credentials  keys/id_ed25519  id_rsa  credentials.json  config/secrets.yaml  server.PEM
    store.kdbx  /etc/shadow  /etc/sudoers
"""
KEEPS_NONE = """
    environment.md  ssh/notes.txt  secretary.txt  keys/readme.txt  identity.txt  shadow.txt
    /srv/etc/shadow.txt  monkey  id_rsa.pub.txt  my.env.md
"""
RUNS = """
    .bashrc  /home/eve/.zshrc  .envrc  .git/hooks/pre-commit  a/.git/config
    .github/workflows/build.yml  .gitlab-ci.yml  Jenkinsfile  conftest.py  /etc/cron.daily/clean
    /home/eve/.config/autostart/x.desktop  .vscode/tasks.json
"""
RUNS_NOT = """
    bashrc.md  git/hooks.md  .github/README.md  config  profile.txt  tests/test_conftest.py
    systemd.txt  .gitignore
"""
LOOKS = ["ls -la", "grep -r plan . | head -n 3", "cat plan.txt 2> /dev/null", "diff a b && pwd"]
LOOKS_NOT = [
    "make",
    "ls > list.txt",
    "ls | tee list.txt",
    "/tmp/ls",
    "./cat x",
    "echo $(make)",
    "#",
]
NOT_UNDERSTOOD = ["sh -c 'ls'", "eval ls", "$TOOL -la", "LD_PRELOAD=/x ls", "ls > $FILE"]
DESTROYS = ["rm x", "/bin/rm x", "ls | xargs rm", "timeout 5 dd of=x", "mkfs.ext4 x", "ls; kill 1"]
REACHES = ["curl https://shop.example/", "echo a && curl b", "nohup curl c", "gh api user"]
HARMLESS = ["make", "git log", "pytest -q", "grep rm x", "echo curl"]
NAMES_SECRET = ["cat .env", "ls ~/.ssh", "cat /etc/shadow", "cp server.key x", "cat .ENV.local"]
NAMES_NONE = ["cat environment.md", "ls .envrc", "cat keyboard.txt", "pytest tests/test_key.py"]
INSTALLS = ["pip install x", "npm ci", "python -m pip install x", "ls && npm i x"]
INSTALLS_NOT = ["pip list", "make install", "npm run build", "python -m pytest"]
PUSHES = ["git push", "git push -f x", "git add . && git push"]
PUSHES_NOT = ["git log", "echo git push", "git pull"]
INSIDE = """
    https://localhost/  https://127.0.0.1/  https://10.1.2.3/  https://172.16.0.1/
    https://172.31.9.9/  https://192.168.0.1/  https://169.254.169.254/latest  https://100.64.0.1/
    https://0.0.0.0/  https://[::1]/  https://[fd00::1]/  https://intranet/  https://db.internal/
    https://printer.local/  https://224.0.0.1/
"""
OUTSIDE = """
    https://shop.example/  https://172.15.0.1/  https://172.32.0.1/  https://100.63.0.1/
    https://100.128.0.1/  https://11.0.0.1/  https://192.169.0.1/  https://localhost.shop.example/
    https://local.example/
"""
CARDS = [
    "4000111122223333",
    "It is 4000-1111-2222-3333.",
    "a 4000 1111 2222 3333 b",
    "(4000111122223)",
]
NO_CARDS = ["", "2026-03-02", "4000 1111 2222", "+49 30 1234567", "12.50", "order 123456789012"]
ACCOUNTS = ["DE02120300000000202051", "to DE02 1203 0000 0000 2020 51.", "GB82WEST12345698765432"]
NO_ACCOUNTS = ["", "DE02", "AB12 is a room", "de02120300000000202051", "XDE02120300000000202051x"]
KEYS = [
    "-----BEGIN PRIVATE KEY-----",
    "a\n-----BEGIN RSA PRIVATE KEY-----\nb",
    "id AKIAABCDEFGHIJKLMNOP",
    "ghp_abcdefghijklmnopqrst",
    "token=glpat-abcdefghijklmnopqrst",
]
NO_KEYS = ["", "-----BEGIN PUBLIC KEY-----", "AKIA is a prefix", "task-abcdefghijklmnopqrstuvw"]
PASSWORDS = ["The password is tulip", "pwd: x", "PASSPHRASE=tulip", "a\npasswd:x"]
NO_PASSWORDS = ["", "Set a new password", "password policy", "the pwd command", "password:"]


@pytest.mark.parametrize(
    ("word", "of", "yes", "no"),
    [
        ("files.keeps_secret", "Path", KEEPS_SECRET.split(), KEEPS_NONE.split()),
        ("files.runs_by_itself", "Path", RUNS.split(), RUNS_NOT.split()),
        ("shell.looks_only", "Command", LOOKS, [*LOOKS_NOT, *NOT_UNDERSTOOD]),
        ("shell.destroys", "Command", DESTROYS, [*HARMLESS, *NOT_UNDERSTOOD]),
        ("shell.reaches_out", "Command", REACHES, [*HARMLESS, *NOT_UNDERSTOOD]),
        ("shell.becomes_somebody_else", "Command", ["sudo ls", "ls; sudo cat x"], HARMLESS),
        ("shell.names_secret", "Command", NAMES_SECRET, NAMES_NONE),
        ("code_agents.installs", "Command", INSTALLS, INSTALLS_NOT),
        ("code_agents.pushes", "Command", PUSHES, PUSHES_NOT),
        ("web.leads_inside", "Url", INSIDE.split(), OUTSIDE.split()),
        ("data_leaving.shows_card", "Text", CARDS, NO_CARDS),
        ("data_leaving.shows_account", "Text", ACCOUNTS, NO_ACCOUNTS),
        ("data_leaving.shows_key", "Text", KEYS, NO_KEYS),
        ("data_leaving.shows_password", "Text", PASSWORDS, NO_PASSWORDS),
    ],
)
def test_a_word_is_true_of_these_and_not_of_those(
    word: str, of: str, yes: list[str], no: list[str], tmp_path: Path
) -> None:
    holds = _holds(f"{word}(value)", word, of, tmp_path)
    assert [value for value in yes if not holds(value)] == []
    assert [value for value in no if holds(value)] == []


@pytest.mark.parametrize("word", ["destroys", "reaches_out", "becomes_somebody_else"])
def test_what_is_not_understood_is_unknown_rather_than_false(word: str, tmp_path: Path) -> None:
    """So a rule that narrows by one of these words applies to it."""
    holds = _holds(f"not shell.{word}(value)", f"shell.{word}", "Command", tmp_path)
    assert [line for line in NOT_UNDERSTOOD if holds(line)] == []
    assert [line for line in HARMLESS if not holds(line)] == []


def _holds(condition: str, word: str, of: str, folder: Path) -> Callable[[str], bool]:
    """Whether a condition surely holds of a value: only then does a permit under it grant."""
    module = word.partition(".")[0]
    file = folder / "try.policy"
    file.write_text(
        f'policy acme.trial owner "x@acme.example" import library.{module} '
        f"task try_value {{ input value: {of} }} "
        f"rule trying permit any agent to try_value when {condition}",
        encoding="utf-8",
    )
    engine = Engine.load(file)

    def holds(value: str) -> bool:
        decision = engine.decide(Action(Agent("bot-7"), "try_value", {"value": value}))
        return decision.outcome is Outcome.ALLOW

    return holds
