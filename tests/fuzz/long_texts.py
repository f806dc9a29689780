"""Long texts, each the worst of its kind: much of one thing, up to the length that is promised."""

from __future__ import annotations

from tests.fuzz.texts import LENGTH

HEAD = 'policy a.b owner "c"\n'
TASK = HEAD + "task t { input amount: Decimal input s: Text input xs: list of Text }\nrole r\n"
RULE = TASK + "rule x forbid any agent to t "
DEFINE = HEAD + "define x = "
TABLE = HEAD + "table x(a: Text, b: Text): Integer {\n"


def many(piece: str, head: str = HEAD, tail: str = "") -> str:
    """As many pieces as there is room for; `{0}` and `{1}` count from 0 and from 1."""
    pieces: list[str] = []
    room = LENGTH - len(head) - len(tail)
    while True:
        number = len(pieces)
        text = piece.replace("{0}", str(number)).replace("{1}", str(number + 1))
        room -= len(text)
        if room < 0:
            return head + "".join(pieces) + tail
        pieces.append(text)


def deep(begin: str, middle: str, end: str, head: str = DEFINE) -> str:
    number = (LENGTH - len(head) - len(middle)) // (len(begin) + len(end))
    return head + begin * number + middle + end * number


NESTED = "(d{0} and d{0}) or d{0}"
LADDER = "define d0 = true\n" + "".join(
    f"define d{n + 1} = (d{n} and d{n}) or d{n}\n" for n in range(12)
)
SQUARE = ", ".join(f"a{n}: Boolean" for n in range(16))
HALVES = "".join(
    ", ".join([*("true" if row >> bit & 1 else "false" for bit in range(9)), *["any"] * 7])
    + f" -> {row}\n"
    for row in range(512)
)
FIELDS = "".join(f"a{n}?: Text " for n in range(1_500))

LONG_TEXTS: dict[str, str] = {
    # slips, one a statement
    "signs that begin no word": many("rule $\n"),
    "statements that end too early": many("type\n"),
    "tasks without their end": many("task t{\n"),
    "texts without their end": many('role r "\n'),
    "foreign letters": many("role 🙂\n"),
    "words of the language": many("rule test type task policy\n"),
    "slips in lines that go on": many("role x\n  role\n"),
    "comments between slips": many("# x\nrole role\n"),
    "one slip after much": many("role r{0} ", tail=" $"),
    # names that stand for nothing, beside many like them
    "roles": many("role similar_name_{0} includes similar_name_x{0}\n"),
    "types": many("record R{0} { a: X{0} }\n"),
    "definitions": many("define d{0} = e{0}\n"),
    "tags": many(
        "about t { tags a{0}, b{0} }\nrule r{0} forbid any agent to tasks tagged a{0}\n", TASK
    ),
    "imports": many("import a.x{0}\n"),
    "imports of itself": many("import a.b\n"),
    "long names": many(f"role {'ab' * 400}{{0}} includes {'ba' * 400}{{0}}\n"),
    # what rests on each other
    "roles in a row": many("role r{0} includes r{1}\n"),
    "roles in a circle": many("role r{1} includes r{0}\n", HEAD + "role r0 includes r9\n"),
    "facts in a row": many(
        "fact f{1}: Text from q(f{0})\n",
        HEAD + "task q { input a: Text output Text trusted }\nfact f0: Text\n",
    ),
    "definitions in a row": many("define d{1} = d{0} + d{0}\n", HEAD + "define d0 = 1\n"),
    "definitions that double": many("rule r{0} forbid any agent to t when d12\n", TASK + LADDER),
    "types in a row": many("type T{0} = T{1}\n"),
    # much of one thing
    "roles declared twice": many("role r\n"),
    "a union": many('"m{0}" | ', HEAD + "type U = ", '"x"'),
    "rows that fit all": many("any, any -> {0}\n", TABLE, "}"),
    "rows that fit one": many('"k{0}", any -> {0}\n', TABLE, "otherwise -> 1 }"),
    "a table of truths": f"{HEAD}table b({SQUARE}): Integer {{\n{HALVES}}}",
    "conditions": many("amount > {0} and ", RULE + "when ", "amount > 1"),
    "clauses": many('when s != "{0}" ', RULE),
    "data that may be absent": many(
        "context.a{0} is given and ", f"{HEAD}context has {{ {FIELDS} }}\ndefine x = ", "true"
    ),
    "items": many("{0},", DEFINE + "1 in [", "1]"),
    "terms": many("1 + ", DEFINE, "1"),
    "rules for any task": many("task t{0} {}\nrule r{0} permit any agent to any task\n"),
    "controls": many('c{0} "x"\n', TASK + "framework f {", "}"),
    "tests": many('test "x{0}" given agent "a" when t { s: "{0}" } expect deny\n', TASK),
    # what nests
    "parentheses": deep("(", "1", ")"),
    "parentheses without their end": deep("(", "", ""),
    "brackets": deep("[", "1", "]"),
    "braces": deep("{a:", "1", "}", HEAD + 'test "x" when t '),
    "negations": deep("not ", "true", ""),
    "minus signs before a slip": deep("-", "1 $", ""),
    "choices": deep("if true then 1 else ", "1", ""),
    "items of items": deep("some x in [1] has (", "true", ")"),
    "parts": deep("a.", "a", ""),
    "places": deep("", "a", "[1]"),
    "lists of lists": deep("list of ", "Text", "", HEAD + "type T = "),
    # one long word
    "digits": DEFINE + "9" * LENGTH,
    "digits that end in a letter": DEFINE + "9" * LENGTH + "x",
    "digits in groups": DEFINE + "9_" * (LENGTH // 2) + "x",
    "a name": f"{HEAD}role r includes " + "a" * LENGTH,
    "a name that stands nowhere": f"{HEAD}rule x " + "permt" * (LENGTH // 5),
    "a text": f'{DEFINE}"{"a" * LENGTH}"',
    "a text without its end": f'{DEFINE}"' + "a" * LENGTH,
    "escapes without their end": f'{DEFINE}"' + '\\"' * (LENGTH // 2),
    "a pattern": f'{DEFINE}"a" matches /{"a?" * (LENGTH // 2)}/',
    "a pattern without its end": f'{DEFINE}"a" matches /' + "\\/" * (LENGTH // 2),
    "a glob": f'{DEFINE}"a" like "{"*a" * (LENGTH // 2)}"',
    "spaces after a word": f"{HEAD}role" + " " * LENGTH + "x",
    "spaces in a phrase": f"{DEFINE}a starts" + " " * LENGTH + "wit",
    "line ends": HEAD + "\n" * LENGTH + "$",
    "letters of two alphabets": f"{HEAD}# " + "aа " * (LENGTH // 3),
    "characters that hide": f"{HEAD}# " + "\u200b" * LENGTH,
}
