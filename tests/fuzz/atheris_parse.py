"""Coverage-guided fuzzing of the reader and the formatter, with Atheris (libFuzzer).

`python -m tests.fuzz.atheris_parse SECONDS FOLDER`: the folder keeps what reached new lines, for
the next run. What raises or hangs is written to `found/`, which `test_grammar.py` replays.
"""

from __future__ import annotations

import hashlib
import pkgutil
import random
import sys
from importlib import import_module
from pathlib import Path

import atheris

from policy_engine import foundation

for _module in pkgutil.iter_modules(foundation.__path__, f"{foundation.__name__}."):
    import_module(_module.name)

# What is loaded by now is not instrumented: only the reader and its values are explored.
with atheris.instrument_imports(include=["policy_engine.language", "policy_engine.values"]):
    from tests.fuzz.reading import laid_out, read, shown
    from tests.fuzz.texts import excerpt
    from tests.fuzz.words import WORDS

FOUND = Path(__file__).parent / "found"
SEED = 1
SEEDS = 300
LONGEST = 1_500
SECONDS_A_TEXT = 20


def one_input(data: bytes) -> None:
    """Bytes as a text of at most `LONGEST` characters, whatever they are."""
    text = data.decode("utf-8", "surrogateescape")
    shown(read(text), text)
    laid_out(text)


def main(seconds: str, folder: Path) -> None:
    """Runs for so many seconds; ends with another code than 0 where something was found."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    FOUND.mkdir(exist_ok=True)
    chance = random.Random(SEED)
    for _ in range(SEEDS):
        data = excerpt(chance).encode()[:LONGEST]
        (corpus / hashlib.sha256(data).hexdigest()).write_bytes(data)
    dictionary = folder / "words.dict"
    dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS))
    options = {
        "dict": dictionary,
        "artifact_prefix": f"{FOUND}/",
        "max_total_time": seconds,
        "max_len": LONGEST,
        "timeout": SECONDS_A_TEXT,
        "seed": SEED,
        "print_final_stats": 1,
    }
    arguments = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup([sys.argv[0], *arguments, str(corpus)], one_input)
    atheris.Fuzz()


def _escaped(word: str) -> str:
    return "".join(c if c.isalnum() or c == " " else f"\\x{ord(c):02x}" for c in word)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
