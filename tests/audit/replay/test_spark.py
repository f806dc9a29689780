"""Under Spark, in one process with two threads: the answer is the one that is found here."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.flips import WORDS
from policy_engine.audit.replay.replay import replay
from policy_engine.audit.replay.source import SourceError
from policy_engine.audit.replay.spark import spark_replay
from policy_engine.loading import check
from tests.audit.replay.shop import LIMIT, POLICY, START, parquet, row
from tests.packages import from_pypi

TASKS = ("refund", "gift")
LOCK = Path(__file__).with_name("spark.lock")
ROOT = Path(__file__).resolve().parents[3]


def loaded(path: str) -> Candidate:
    """On a worker too."""
    policy, _ = check(path)
    assert policy is not None
    return Candidate(policy)


@pytest.fixture(scope="module")
def spark(pytestconfig: pytest.Config) -> Iterator[None]:
    """Spark can be imported: where it is not installed, it is fetched."""
    if shutil.which("java") is None:
        pytest.skip("no Java runtime is here: nothing ran under Spark")
    if find_spec("pyspark") is not None and find_spec("pandas") is not None:
        yield
        return
    assert pytestconfig.cache is not None
    folder = from_pypi(LOCK, pytestconfig.cache.mkdir("spark"), built_here=("pyspark",))
    if folder is None:
        pytest.skip("Spark cannot be installed: nothing ran under it")
    sys.path.append(str(folder))
    yield
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def session(spark: None) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYSPARK_PYTHON", sys.executable)
        environment.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *filter(None, sys.path)]))
        environment.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        made = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", "17")
            .getOrCreate()
        )
        yield made
        made.stop()


@pytest.fixture
def policy(tmp_path: Path) -> Callable[[str], Callable[[], Candidate]]:
    def written(text: str) -> Callable[[], Candidate]:
        path = tmp_path / "spark.policy"
        path.write_text(text, encoding="utf-8")
        return partial(loaded, str(path))

    return written


def test_the_answer_is_the_same(
    session: Any, policy: Callable[[str], Callable[[], Candidate]], tmp_path: Path
) -> None:
    rows = [
        row(
            at * 7,
            WORDS[at % 4],
            principal=f"bot-{at % 3}",
            task=TASKS[at % 9 == 0],
        )
        for at in range(150)
    ]
    rows[5]["outcome"] = "?"
    place, load = parquet(tmp_path, rows), policy(POLICY)
    found = spark_replay(session.read.parquet(place).repartition(3), load, now=START)
    here = replay(load(), place, now=START)
    assert replace(found, examples=(), first_unread=()) == replace(
        here, examples=(), first_unread=()
    )
    assert found.first_unread[0].place.startswith("part ")
    assert {one.cell for one in found.examples} == {one.cell for one in here.examples}
    assert all(one.explanation for one in found.examples)


def test_a_frame_of_another_shape(
    session: Any, policy: Callable[[str], Callable[[], Candidate]], tmp_path: Path
) -> None:
    frame = session.read.parquet(parquet(tmp_path, [row()])).drop("outcome")
    with pytest.raises(SourceError, match="needs a column `outcome`"):
        spark_replay(frame, policy(POLICY))


def test_a_past_that_no_worker_knows(
    session: Any, policy: Callable[[str], Callable[[], Candidate]], tmp_path: Path
) -> None:
    frame = session.read.parquet(parquet(tmp_path, [row()]))
    with pytest.raises(SourceError, match="asks about the past of `refund`"):
        spark_replay(frame, policy(POLICY + LIMIT))
