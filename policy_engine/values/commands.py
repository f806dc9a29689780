"""Which programs a shell line runs, and which files it writes, where that is certain.

`programs` has every simple command of a POSIX/bash line as it is written and, of a path, its last
component. `writes` has the files that the line opens for writing (`>`, `>>`, `>|`, `&>`, `&>>`,
`>&file`) and the arguments of `tee`. What a program does by itself is its own: a script runs what
it runs, `cp` writes where it writes; `writes` is what the shell line writes. Aliases and functions
that the shell already has and symbolic links are not seen.

None means "not understood". The parser (tree-sitter-bash) is not trusted to read as bash does:
only the kinds of node listed here are accepted, every token must also have the spelling that is
listed for it, and between tokens stands nothing but white space. Decided with that in mind:

- a program's name is a literal in ASCII, its last component without capital letters (some file
  systems take `RM` for `rm`), and no reserved word;
- programs that run what their arguments say (`_REFUSED`: shells, `eval`, `ssh`, `docker`, …) are
  not understood; others (`_SHAPES`: `find`, `sed`, `git`, …) only with arguments that are known
  not to; wrappers (`_WRAPPERS`) list what they wrap too. No list of such programs is complete:
  a policy is safer that says which programs may run than one that says which may not;
- before a command only the variables of `_ENVIRONMENT` are set, to literals; otherwise only
  variables named by small letters and digits, which no shell treats specially;
- after a change of directory, a relative write is not understood;
- a here-document has a quoted delimiter; an expansion is `$x` or a plain `${x…}`.

Source: https://www.gnu.org/software/bash/manual/bash.html
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node

_LONGEST = 20_000
_DEEPEST = 100
_MOST_BRACKETS = 1_000
"""The time for recovering from errors grows with the square of the number of `(`, `<` and `>`."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a shell line runs and writes; paths are normalised, relative ones stay relative."""

    programs: frozenset[str]
    writes: frozenset[str]


def understood(line: str) -> Command | None:
    """What the line runs and writes; None where that is not certain."""
    return _understood(line) if len(line) <= _LONGEST else None


@lru_cache(maxsize=512)
def _understood(line: str) -> Command | None:
    language = _language()
    if language is None or not _readable(line):
        return None
    from tree_sitter import Parser

    source = line.encode()
    root = Parser(language).parse(source).root_node
    if root.has_error:
        return None
    reading = _Reading(source)
    try:
        reading.walk(root)
        return reading.command()
    except _NotUnderstood:
        return None


@lru_cache(maxsize=1)
def _language() -> Language | None:
    try:
        import tree_sitter_bash
        from tree_sitter import Language
    except ImportError:
        return None
    return Language(tree_sitter_bash.language())


def _readable(line: str) -> bool:
    """No control, format, private or unassigned characters, no odd spaces, not too intricate."""
    others = {c for c in line if not " " <= c <= "~"} - {"\n", "\t"}
    odd = any(unicodedata.category(c)[0] in "CZ" for c in others)
    return not odd and "\n^" not in line and sum(map(line.count, "(<>")) <= _MOST_BRACKETS


class _NotUnderstood(Exception):
    """Some part of the line is not certain."""


def _require(certain: object) -> None:
    if not certain:
        raise _NotUnderstood


# Tokens --------------------------------------------------------------------------------------

_OPAQUE = "\0"
"""Stands for an argument that is not a literal; no line has this character."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_QUOTED = rf"""'[^'\n!]*'|"(?:\${_NAME}|[A-Za-z0-9_ ./:-])*\""""
_TEST = rf"(?:[A-Za-z0-9_./:@%+,][A-Za-z0-9_./:@%+,-]*|{_QUOTED})"
_TESTED = rf"(?:! )?(?:-[nzfdesrwxhL] {_TEST}|{_TEST} (?:==?|!=) {_TEST}|{_TEST})"
_PATTERN = r"[A-Za-z0-9_.*?][A-Za-z0-9_.*?-]*"
_TOKENS = {
    "word": r"(?!\#)(?:[\w./:@%+,=^~*?\[\]{}#-]|\\[ -~])*",
    "number": r"-?[0-9]+",
    "raw_string": r"'[^'\n]*'|'[^'!]*'",
    "ansi_c_string": r"\$'(?:[^'\\!]|\\[nt0])*'",
    "string_content": r'(?:[^"\\$`!]|!(?=[ \t=])|\\[^\n!])*',
    "simple_expansion": rf"\$(?:{_NAME}|[0-9@*#?$-])",
    "expansion": rf"\s*\$\{{(?:\#?{_NAME}|{_NAME}(?::?[-+]|%%?|\#\#?|/)[A-Za-z0-9_./*?,-]*)\}}",
    "arithmetic_expansion": r"\s*\$\(\([0-9 +*/%-]+\)\)",
    "brace_expression": r"\{[0-9a-z]+\.\.[0-9a-z]+\}",
    "test_command": rf"\[ {_TESTED} \]|\[\[ {_TESTED} \]\]",
    "extglob_pattern": _PATTERN,
    "comment": r"#[A-Za-z0-9_ .,:/-]*",
    "variable_name": _NAME,
    "file_descriptor": r"[0-9]",
    "heredoc_start": rf"'{_NAME}'|{_NAME}",
    "heredoc_body": r"(?:[^!]|!(?=[ \t\n=]))*",
    "heredoc_end": _NAME,
}
_KEYWORDS = _set("if then elif else fi for in do done while until case esac { } !")
_SIGNS = _KEYWORDS | _set(
    '; & && || | |& ;; ( ) < > >> >| &> &>> >& <& >&- <&- << <<< $( ` <( >( " ='
)
_STATEMENTS = _set(
    "command redirected_statement pipeline list negated_command subshell compound_statement "
    "if_statement for_statement while_statement case_statement test_command "
    "variable_assignment variable_assignments"
)
_REDIRECTS = _set("file_redirect herestring_redirect heredoc_redirect")
_SUBSTITUTIONS = _set("command_substitution process_substitution")
_CONTAINERS = (_STATEMENTS | _REDIRECTS | _SUBSTITUTIONS) | _set(
    "program command_name elif_clause else_clause do_group case_item concatenation string"
)
_WORDS = _SUBSTITUTIONS | _set(
    "word number string raw_string ansi_c_string concatenation simple_expansion expansion "
    "arithmetic_expansion brace_expression"
)
_HOLDERS = _set(
    "command for_statement case_statement case_item file_redirect herestring_redirect "
    "variable_assignment"
)
_ONE_LINE = _set(
    "command file_redirect herestring_redirect redirected_statement variable_assignment "
    "variable_assignments"
)
_BORDERS = frozenset({b"", *(bytes([byte]) for byte in b"\n \t;&|()<>`")})
_TIED = frozenset(bytes([byte]) for byte in b"0123456789}")
_BETWEEN = re.compile(rb"(?:[ \t\n](?:\\\n)*)*")
_BLANK = re.compile(rb"(?:[ \t](?:\\\n)*)*")
_BACKQUOTED = re.compile(r"`[^\\'\"`#!]*`")
_CASE = re.compile(rf"\(?{_PATTERN}(?: ?\| ?{_PATTERN})*\)")
_LITERAL = re.compile(
    r"""([A-Za-z0-9_./:@%+,=^-]+|\{\})|\\([ -~])|'([^']*)'|"((?:[^"\\$`]|\\[^\n])*)\""""
)
_ESCAPED = re.compile(r'\\([$`"\\])')

# Programs ------------------------------------------------------------------------------------

_PROGRAM = re.compile(r":|(?!-|.*\.so)(?:[A-Za-z0-9_.@+-]*/)*[a-z0-9_.+-]*[a-z0-9_+-]")
_VERSION = re.compile(r"[-.0-9]+$")
_VARIABLE = re.compile(r"(?!(?:(?:f|cd|mail|man)?path|histchars|prompt)$)[a-z][a-z0-9]*")
_ENVIRONMENT = "LANG|LC_[A-Z]+|TZ|CI|DEBUG|NODE_ENV|NO_COLOR|FORCE_COLOR"
_DUPLICATED = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*")
_DESCRIPTOR = re.compile(r"[0-9]+-?")
_NOT_FILES = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr"})

_REFUSED = _set(
    # reserved words, and builtins that run code or change what later words mean
    "if then else elif fi case esac for select while until do done in function coproc repeat "
    "foreach end always nocorrect noglob eval source alias unalias trap set shopt declare typeset "
    "local export readonly unset let read mapfile readarray getopts hash enable bind complete "
    "compgen compopt fc history jobs wait emulate autoload zmodload setopt vared integer float "
    # shells
    "sh bash rbash dash ash zsh ksh mksh yash csh tcsh fish elvish nu xonsh pwsh powershell cmd "
    "busybox toybox "
    # programs that run what their arguments or their input say
    "doas su sudoedit runuser pkexec systemd-run start-stop-daemon run-parts chroot unshare arch "
    "nsenter setsid setpriv setarch linux32 linux64 stdbuf unbuffer script flock ionice chrt "
    "taskset numactl prlimit cpulimit strace ltrace gdb lldb perf valgrind rlwrap watch entr "
    "parallel at batch crontab ssh scp sftp rsync mosh sshpass ssh-agent dbus-run-session gdbus "
    "fakeroot proot bwrap firejail faketime tini dumb-init gosu su-exec setuidgid chpst envdir "
    "ld.so screen tmux xterm xvfb-run expect socat nc ncat netcat openssl m4 bc dc gcc cc ld fd "
    "fdfind caffeinate open osascript launchctl xcrun sandbox-exec pdsh ansible start wsl wine "
    "vi vim nvim view ex ed emacs nano less more man info rvim vimdiff docker podman nerdctl "
    "kubectl oc lxc vagrant nix nix-shell guix flatpak snap npx pnpx bunx uvx pipx uv poetry "
    "pipenv pdm hatch tox nox conda mamba yarn pnpm bun deno corepack tsx ts-node bundle rake "
    "gem java groovy scala jshell lua luajit tclsh wish guile racket sbcl clisp ghci runghc "
    "erl elixir iex julia octave rscript r irb ipython pypy sqlite psql mysql redis-cli mongosh "
    "gsed gawk gfind gxargs gtar gtimeout genv gnohup gnice gsort gtee gsplit split csplit zip "
    "ctags logrotate direnv dotenv hyperfine just task ninja cmake bazel gradle mvn ant capsh "
    "rpm dpkg apt-get apt yum dnf tcpdump nmap wget install ip sg newgrp hg svn cpio bsdtar groff "
    "tex latex pdflatex xelatex lualatex xdg-open i386 x86_64 uname26"
)

_PLAIN = r"[^-\n\0][^\n\0]*\n"
_ANY = r"(?s:.*)"
_SCRIPT = r"(?!\d+\n|[^\n]*(?:dev/|proc/|stdin))[\w./][\w./@+-]*\n"
_RUN_SCRIPT = rf"{_SCRIPT}{_ANY}|--version\n"
_FIND = (
    "name|iname|path|ipath|regex|iregex|type|maxdepth|mindepth|size|mtime|mmin|newer|perm|user|"
    "group|not|o|or|a|and|print|print0|prune|empty|H|L"
)
_SED = (
    r"(?:(?:\d+|\$)?(?:,(?:\d+|\$))?[pdq]|s([/|#,:])(?:(?!\1)[^\\\n\0]|\\[^\n\0])*"
    r"\1(?:(?!\1)[^\\\n\0]|\\[^\n\0])*\1[0-9gpI]*)\n"
)
_GIT_LOCAL = (
    "status|diff|log|show|add|commit|branch|checkout|switch|restore|stash|tag|rev-parse|"
    "ls-files|blame|reset|rm|mv"
)
_GIT_OPTIONS = (
    r"-[fqnv]\n|--(?:tags|force|all|prune|rebase|set-upstream|dry-run|force-with-lease|ff-only|"
    r"no-ff|quiet|single-branch|abort)\n|--depth=\d+\n"
)
_SHAPES = {
    "awk": rf"(?:-F\n?[^\n\0]+\n)?(?![^\n]*(?:system|getline))[^-\n\0|>@][^\n\0|>@]*\n"
    rf"(?:{_PLAIN})*",
    "cargo": rf"(?:build|test|check|clippy|fmt)\n(?:--release\n|--all\n|(?!\+){_PLAIN})*",
    "find": rf"(?:-(?:{_FIND}|\d+)\n|{_PLAIN})*",
    "gh": rf"(?:pr|issue|run|repo|api)\n{_ANY}",
    "git": rf"(?:--no-pager\n)?(?:(?:{_GIT_LOCAL})\n{_ANY}|(?:push\n(?:-u\n)?|pull\n|fetch\n|"
    rf"clone\n|remote\n|merge\n)(?:{_GIT_OPTIONS}|(?![^\n]*::){_PLAIN})*)|--version\n",
    "go": rf"(?:build|test|vet|fmt)\n(?:-v\n|-race\n|{_PLAIN})*",
    "make": r"(?:\w[\w./-]*\n|-[Bkns]+\n|-j\d*\n|-C\n[\w./][\w./-]*\n)*",
    "node": _RUN_SCRIPT,
    "npm": rf"(?:ci|install|i|test|t|start|ls|outdated|run\n[\w:.-]+)\n"
    rf"(?:-D\n|-g\n|--save-dev\n|--silent\n|{_PLAIN})*",
    "perl": _RUN_SCRIPT,
    "php": _RUN_SCRIPT,
    "printf": rf"{_PLAIN}{_ANY}",
    "python": r"(?:-[BuEsI]+\n)*(?:-m\n(?:pytest|unittest|pip|venv|mypy|ruff|black|"
    rf"json\.tool|http\.server)\n{_ANY}|{_RUN_SCRIPT})",
    "rg": rf"(?:-[A-Za-z0-9]+\n|--(?:files|hidden|no-ignore)?\n|{_PLAIN})*",
    "ruby": _RUN_SCRIPT,
    "sed": rf"(?:-[nEri]+\n|-i\.\w+\n)*{_SED}(?:{_PLAIN})*",
    "sort": rf"(?:-[A-Za-z0-9,.]+\n|{_PLAIN})*",
    "tar": rf"-?[cxtzjJvfpk]+\n(?:-C\n|-[cxtzjJvfpk]*\n|(?![^\n]*:){_PLAIN})*",
    "tee": rf"(?:-[aip]+\n|--append\n|{_PLAIN})*",
    "test": rf"(?:!\n)?(?:-[nzfdesrwxhL]\n{_PLAIN}|{_PLAIN}!?=\n{_PLAIN}|{_PLAIN})",
}
_SHAPES["nodejs"] = _SHAPES["node"]
_SHAPES["mawk"] = _SHAPES["nawk"] = _SHAPES["awk"]
_WRAPPERS = {
    "builtin": "",
    "command": "",
    "env": rf"(?:(?:{_ENVIRONMENT})=[^\n\0]*\n)*",
    "exec": "",
    "nice": r"(?:-n\n-?\d+\n)?",
    "nohup": "",
    "sudo": r"(?:-[nEH]+\n|-u\n[a-z_][a-z0-9_-]*\n)*",
    "time": r"(?:-p\n)?",
    "timeout": r"(?:--foreground\n|--preserve-status\n|-k\n\d+[smhd]?\n|-s\n[A-Z0-9]+\n)*"
    r"\d+(?:\.\d+)?[smhd]?\n",
    "xargs": r"(?:-[0rt]+\n|-[nPL]\n?\d+\n|-I\n?\{\}\n|--null\n|--no-run-if-empty\n)*",
}
_ASKS = rf"-[vV]\n{_PLAIN}"

# Reading -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """One walk through one tree."""

    source: bytes
    programs: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    moved: bool = False
    at: int = 0

    def command(self) -> Command:
        _require(_BETWEEN.fullmatch(self.source, self.at))
        _require(not self.moved or all(path.startswith("/") for path in self.writes))
        return Command(frozenset(self.programs), frozenset(self.writes))

    def walk(self, root: Node) -> None:
        stack: list[tuple[Node, str, int, bool]] = [(root, "", 0, False)]
        while stack:
            node, parent, depth, nested = stack.pop()
            _require(depth <= _DEEPEST)
            if node.type in _WORDS and parent not in {"concatenation", "string", "command_name"}:
                _require(parent in _HOLDERS)
                self._bounded(node, after=parent == "variable_assignment" and b"=")
            if node.type in _TOKENS or node.type in _SIGNS:
                self._token(node, parent)
                continue
            _require(node.type in _CONTAINERS)
            self._container(node, parent, nested)
            nested = nested or node.type in _SUBSTITUTIONS
            stack.extend((n, node.type, depth + 1, nested) for n in reversed(node.children))

    def _text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode()

    def _bounded(self, node: Node, after: bytes | bool = False) -> None:
        """Bash begins and ends a word here too."""
        before = self.source[: node.start_byte][-1:]
        _require(before in _BORDERS or before == after)
        _require(self.source[node.end_byte : node.end_byte + 1] in _BORDERS)

    def _token(self, node: Node, parent: str) -> None:
        kind, text = node.type, self._text(node)
        _require(_BETWEEN.fullmatch(self.source, self.at, node.start_byte))
        self.at = node.end_byte
        if kind in _SIGNS:
            self._sign(node, parent, text)
            return
        _require(re.fullmatch(_TOKENS[kind], text))
        if kind == "comment":
            before = self.source[: node.start_byte][-1:]
            _require(parent == "program" and before in {b"", b" ", b"\t", b"\n"})
        elif kind == "extglob_pattern":
            _require(parent == "case_item")
        elif kind == "test_command":
            self._bounded(node)
            if not text.startswith("[["):
                self.programs.add("[")

    def _sign(self, node: Node, parent: str, text: str) -> None:
        _require(text.lstrip(" \t\n") == node.type)
        _require(node.type != ";;" or parent == "case_item")
        following = self.source[node.end_byte : node.end_byte + 1]
        if node.type in _KEYWORDS:
            self._bounded(node)
            _require(node.type not in {"{", "!"} or following in {b" ", b"\t", b"\n"})
        _require(not (node.type.endswith("(") and following == b"("))

    def _container(self, node: Node, parent: str, nested: bool) -> None:
        for one, two in pairwise(node.children):
            gap = self.source[one.end_byte : two.start_byte]
            if node.type == "concatenation":
                _require(not gap)
            elif node.type in _ONE_LINE:
                _require(_BLANK.fullmatch(gap))
            elif {one.type, two.type} <= _STATEMENTS:
                _require(b"\n" in gap)
        match node.type:
            case "command":
                self._simple(node)
            case "file_redirect":
                self._redirect(node)
            case "herestring_redirect":
                _require(len(node.children) == 2)
            case "heredoc_redirect":
                self._heredoc(node, nested)
            case "variable_assignment":
                self._assignment(node, parent)
            case "for_statement":
                _require(_VARIABLE.fullmatch(self._text(node.children[1])))
            case "case_statement":
                _require(not nested)
            case "case_item":
                pattern = _CASE.match(self._text(node))
                _require(pattern and not re.search(r"\besac\b", pattern[0]))
            case "command_substitution":
                text = self._text(node).lstrip(" \t\n")
                _require(text.startswith("$(") or _BACKQUOTED.fullmatch(text))

    def _assignment(self, node: Node, parent: str) -> None:
        name, _, *value = node.children
        if parent == "command":
            _require(re.fullmatch(_ENVIRONMENT, self._text(name)))
            _require(all(self._literal(part) != _OPAQUE for part in value))
        else:
            _require(_VARIABLE.fullmatch(self._text(name)))
        self._bounded(node)

    def _heredoc(self, node: Node, nested: bool) -> None:
        """The body is exactly the lines that bash reads, and nothing in it is expanded."""
        parts = {part.type: part for part in node.children}
        _require({"heredoc_start", "heredoc_body", "heredoc_end"} <= parts.keys())
        body, end = parts["heredoc_body"], parts["heredoc_end"]
        start = self._text(parts["heredoc_start"])
        line = self.source.find(b"\n", parts["heredoc_start"].end_byte)
        closing = re.compile(rb"^%s$" % re.escape(start.strip("'").encode()), re.MULTILINE)
        found = closing.search(self.source, line + 1)
        _require(body.start_byte == line + 1 and self.source[line - 1 : line] != b"\\")
        _require(found and found.span() == (end.start_byte, end.end_byte))
        _require(body.end_byte == end.start_byte)
        unsafe = "$`\\" if not start.startswith("'") else ""
        _require(not set(self._text(body)) & set(unsafe + ("()'\"`\\$#" if nested else "")))

    def _redirect(self, node: Node) -> None:
        *descriptor, sign = (n for n in node.children if n.type not in _WORDS)
        target = [n for n in node.children if n.type in _WORDS]
        before = self.source[: node.start_byte][-1:]
        _require(before in _BORDERS if descriptor else before not in _TIED)
        _require(len(descriptor) <= 1 and len(target) == (not sign.type.endswith("-")))
        _require(not descriptor or descriptor[0].end_byte == sign.start_byte)
        if sign.type in {">&", "<&"}:  # bash reads `>& -f` as `>&-` and `f`, `>&\\"f` as `>&f`
            _require(_DUPLICATED.fullmatch(self._text(target[0])))
        if sign.type.startswith("<") or not target or target[0].type == "process_substitution":
            return
        text = self._literal(target[0])
        if sign.type != ">&" or not _DESCRIPTOR.fullmatch(text):
            self._written(text)

    def _written(self, text: str) -> None:
        path = _normal(text)
        if path not in _NOT_FILES:
            self.writes.add(path)

    def _literal(self, node: Node) -> str:
        """The text that the word stands for, where that is the same whenever it is run."""
        text, at, parts = self._text(node), 0, list[str]()
        for found in _LITERAL.finditer(text):
            plain, escaped, single, double = found.groups()
            if found.start() != at:
                return _OPAQUE
            at = found.end()
            parts.append(plain or escaped or single or _ESCAPED.sub(r"\1", double or ""))
        literal = "".join(parts)
        return literal if at == len(text) and "\n" not in literal else _OPAQUE

    def _simple(self, node: Node) -> None:
        kinds = _WORDS | {"variable_assignment", "file_redirect", "herestring_redirect"}
        names = [n for n in node.children if n.type == "command_name"]
        _require(len(names) == 1)
        _require(all(n.type in kinds for n in node.children if n != names[0]))
        self._bounded(names[0])
        words = [n for n in node.children if n.type in _WORDS]
        self._runs([self._literal(word) for word in (*names, *words)])

    def _runs(self, words: Sequence[str]) -> None:
        fed = False
        while words:
            name, *words = words
            bare = self._listed(name)
            arguments = "".join(f"{word}\n" for word in words)
            if bare in _SHAPES:
                _require(not fed and re.fullmatch(_SHAPES[bare], arguments))
                if bare == "tee":
                    for word in words:
                        if not word.startswith("-"):
                            self._written(word)
                return
            if bare not in _WRAPPERS or (bare == "command" and re.fullmatch(_ASKS, arguments)):
                return
            _require(not fed)
            own = re.match(_WRAPPERS[bare], arguments)
            _require(own)
            words = words[own[0].count("\n") :] if own else words
            fed = bare == "xargs"
        if fed:
            self.programs.add("echo")

    def _listed(self, name: str) -> str:
        """Lists the program; answers its name without folder and version."""
        _require(_PROGRAM.fullmatch(name))
        last = name.rpartition("/")[2]
        bare = _VERSION.sub("", last) or last
        _require(last not in _REFUSED and bare not in _REFUSED)
        self.programs.update((name, last))
        self.moved = self.moved or last in {"cd", "chdir", "pushd", "popd"}
        return bare


def _normal(path: str) -> str:
    """The path without `//`, `.` and `..`."""
    _require(path and _OPAQUE not in path)
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            _require(parts)
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    _require(parts)
    return "/" * path.startswith("/") + "/".join(parts)
