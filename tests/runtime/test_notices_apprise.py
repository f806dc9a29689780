"""Notices through Apprise: what it is given, and what counts as delivered."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest

from policy_engine import GateError
from policy_engine.runtime.notices import NotDelivered
from tests.runtime.test_notices_webhook import NOTICE, Receiver, receiver as receiver

# Apprise itself imports what Python 3.11 calls old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

here = pytest.mark.skipif(find_spec("apprise") is None, reason="not here: apprise")


def test_without_its_library_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.delitem(sys.modules, "policy_engine.runtime.notices_apprise", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'agent-policy-engine\[notices\]'"):
        importlib.import_module("policy_engine.runtime.notices_apprise")


@here
def test_a_notice_is_a_title_and_a_plain_text(receiver: Receiver) -> None:
    module: Any = importlib.import_module("policy_engine.runtime.notices_apprise")
    notice = replace(NOTICE, text="<b>one</b>\n*two*")
    module.Apprise(f"json://127.0.0.1:{receiver.port}/room").send(notice)
    (body,) = map(json.loads, receiver.bodies)
    assert (body["title"], body["message"]) == (NOTICE.subject, "<b>one</b>\n*two*")


@here
def test_what_one_of_two_addresses_did_not_take_is_not_delivered(receiver: Receiver) -> None:
    module: Any = importlib.import_module("policy_engine.runtime.notices_apprise")
    receiver.statuses = [200, 500]
    address = f"json://127.0.0.1:{receiver.port}"
    with pytest.raises(NotDelivered, match="every address"):
        module.Apprise(f"{address}/one", f"{address}/two").send(NOTICE)
    assert sorted(receiver.paths) == ["/one", "/two"]


@here
@pytest.mark.parametrize("urls", [(), ("strange://password@room",), ("json://127.0.0.1", "no")])
def test_an_address_that_apprise_does_not_know_is_refused_without_repeating_it(
    urls: tuple[str, ...],
) -> None:
    module: Any = importlib.import_module("policy_engine.runtime.notices_apprise")
    with pytest.raises(GateError, match="`chat`") as refused:
        module.Apprise(*urls, name="chat")
    assert "password" not in str(refused.value)
