"""64 kB of the worst: read within the time, shown in every format, coloured whole."""

from __future__ import annotations

import pytest

from policy_engine.authoring.pygments_lexer import PolicyLexer
from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from tests.fuzz.long_texts import LONG_TEXTS
from tests.fuzz.reading import in_time, laid_out, shown
from tests.pace import takes_less

SLOW_TO_LAY_OUT = 5_000
"""So many characters of the deepest texts are laid out; the formatter has no promised time."""


@pytest.mark.parametrize("name", LONG_TEXTS)
def test_it_is_read_in_time(name: str) -> None:
    text = LONG_TEXTS[name]
    shown(in_time(text), text)


@pytest.mark.parametrize("name", LONG_TEXTS)
def test_it_is_laid_out_and_coloured(name: str) -> None:
    text = LONG_TEXTS[name][:SLOW_TO_LAY_OUT]
    laid_out(text)
    coloured = PolicyLexer().get_tokens_unprocessed(LONG_TEXTS[name])
    assert "".join(part for _, _, part in coloured) == LONG_TEXTS[name]


def test_many_files_that_import_each_other() -> None:
    """Time grows with the files: a thousand take about as long as their texts."""
    files = {
        f"p{n}": Source(f"p{n}.policy", f'policy p{n} owner "o"\nimport p{n + 1}\nrole r{n}\n')
        for n in range(1_000)
    }

    def read() -> None:
        built = build([files["p0"]], lambda *_: None, files.get)
        assert [d.code.id for d in built.diagnostics] == ["N216"]

    takes_less(20, read)
