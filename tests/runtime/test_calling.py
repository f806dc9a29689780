"""Foreign code is called in a thread of its own, and its threads are used again."""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar

import pytest

from policy_engine.runtime.calling import Hangs, Raised, call

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


def ident() -> int:
    return threading.get_ident()


def test_a_call_answers_from_another_thread_of_the_name_that_was_given() -> None:
    assert call(ident, {}, 5, "tool pay") != ident()
    assert call(lambda: threading.current_thread().name, {}, 5, "tool pay") == "tool pay"


def test_a_thread_that_came_back_is_used_again() -> None:
    threads = {call(ident, {}, 5, "tool") for _ in range(20)}
    assert len(threads) < 20


def test_calls_at_the_same_time_have_threads_of_their_own() -> None:
    both = threading.Barrier(2)

    def meet() -> int:
        both.wait(5)
        return threading.get_ident()

    other: list[object] = []
    companion = threading.Thread(target=lambda: other.append(call(meet, {}, 5, "tool")))
    companion.start()
    mine = call(meet, {}, 5, "tool")
    companion.join()
    assert other != [mine]


def test_a_call_that_hangs_is_given_up_and_its_thread_ends_when_it_returns() -> None:
    go_on, ended = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def hang() -> None:
        threads.append(threading.current_thread())
        go_on.wait(30)
        ended.set()

    with pytest.raises(Hangs, match=r"0\.05 seconds"):
        call(hang, {}, 0.05, "tool")
    assert call(ident, {}, 5, "tool") != threads[0].ident
    go_on.set()
    assert ended.wait(5)
    threads[0].join(5)
    assert not threads[0].is_alive()


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_is_raised_is_handed_on_and_the_thread_goes_on(error: BaseException) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(Raised) as raised:
        call(fail, {}, 5, "tool")
    assert raised.value.error is error
    assert call(lambda: 1, {}, 5, "tool") == 1


def test_a_coroutine_is_run_to_its_end() -> None:
    async def answer(number: int) -> int:
        return number + 1

    assert call(answer, {"number": 1}, 5, "tool") == 2


def test_the_context_of_the_caller_is_seen_and_not_changed() -> None:
    WHO.set("bot-7")

    def look() -> str:
        seen = WHO.get()
        WHO.set("somebody else")
        return seen

    assert call(look, {}, 5, "tool") == "bot-7"
    assert WHO.get() == "bot-7"
    WHO.set("nobody")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_calls_by_threads_of_its_own() -> None:
    call(ident, {}, 5, "tool")
    child = os.fork()
    if child == 0:
        os._exit(0 if call(lambda: 7, {}, 5, "tool") == 7 else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
