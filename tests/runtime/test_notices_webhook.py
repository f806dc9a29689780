"""Notices over a webhook: what is posted, what counts as delivered, and where it may go."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from policy_engine import Action, Agent, Engine, GateError, Notice, Webhook
from policy_engine.runtime.notices import NotDelivered, NoticeKind
from policy_engine.runtime.notices_webhook import signature
from tests.fakes import FakeClock

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NOTICE = Notice(
    id="0123-notice-1",
    kind=NoticeKind.ASKED,
    at=datetime(2026, 5, 4, 9, tzinfo=UTC),
    action="0123",
    ticket="0123-abcd",
    task="pay",
    title="Pay",
    principal="bot-7",
    on_behalf_of=None,
    domain=None,
    roles=("boss",),
    rules=("large",),
    why=("A boss signs",),
    input={"to": '"Łódź"'},
    deadline=None,
    subject="Your decision is needed: Pay (bot-7)",
    text="bot-7 wants to do this: Pay",
)


@dataclass
class Receiver:
    """A server of one thread a request; answers with what it is told to, in turn."""

    statuses: list[int] = field(default_factory=list)
    seconds: float = 0.0
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?room=7"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.paths.append(self.path)
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            made.bodies.append(body)
            time.sleep(made.seconds)
            self.send_response(made.statuses.pop(0) if made.statuses else 204)
            self.send_header("Location", f"http://127.0.0.1:{made.port}/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def test_a_notice_is_one_post_of_json(receiver: Receiver) -> None:
    Webhook(receiver.url).send(NOTICE)
    assert receiver.paths == ["/hook?room=7"]
    assert json.loads(receiver.bodies[0]) == {
        "type": "notice.asked",
        "timestamp": "2026-05-04T09:00:00Z",
        "data": json.loads(NOTICE.as_json()),
    }
    (headers,) = receiver.headers
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == '"0123-notice-1"'
    assert headers["webhook-id"] == "0123-notice-1"
    assert "webhook-signature" not in headers


def test_with_a_secret_it_is_signed_as_standard_webhooks_are(receiver: Receiver) -> None:
    before = int(time.time())
    Webhook(receiver.url, SECRET).send(NOTICE)
    headers, body = receiver.headers[0], receiver.bodies[0]
    at = headers["webhook-timestamp"]
    digest = hmac.digest(KEY, f"0123-notice-1.{at}.".encode() + body, "sha256")
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert before <= int(at) <= time.time()


def test_the_signature_is_that_of_other_implementations() -> None:
    """The example by which libraries of Standard Webhooks test themselves."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_what_is_answered_with_2xx_is_delivered(receiver: Receiver, status: int) -> None:
    receiver.statuses = [status]
    Webhook(receiver.url).send(NOTICE)
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(
    "status", [301, 302, 303, 307, 308, 304, 400, 401, 404, 410, 429, 500, 503]
)
def test_what_is_answered_otherwise_is_not_and_nothing_is_followed(
    receiver: Receiver, status: int
) -> None:
    receiver.statuses = [status]
    with pytest.raises(NotDelivered, match=f"^it answered with the status {status}$"):
        Webhook(receiver.url).send(NOTICE)
    assert receiver.paths == ["/hook?room=7"]


def test_who_answers_too_late_has_not_taken_it(receiver: Receiver) -> None:
    receiver.seconds = 0.3
    with pytest.raises(NotDelivered, match=r"^no answer within 0\.05 seconds$"):
        Webhook(receiver.url, timeout=0.05).send(NOTICE)


def test_who_is_not_there_has_not_taken_it(receiver: Receiver) -> None:
    with pytest.raises(NotDelivered, match=r"^it cannot be reached: Connection refused$"):
        Webhook("http://127.0.0.1:9/key-to-the-room").send(NOTICE)


def test_over_https_nothing_is_said_to_who_cannot_prove_who_they_are(receiver: Receiver) -> None:
    with pytest.raises(NotDelivered, match=r"^it cannot be reached: "):
        Webhook(f"https://127.0.0.1:{receiver.port}/hook", SECRET).send(NOTICE)
    assert receiver.bodies == []


def test_after_500_it_is_posted_again_under_the_same_id(receiver: Receiver, tmp_path: Path) -> None:
    receiver.statuses = [500, 200]
    (tmp_path / "p.policy").write_text(
        'policy desk.t "T" owner "o@desk.example"\n'
        "role boss for humans\n"
        "task pay { input amount: Decimal }\n"
        "rule pays permit any agent to pay\n"
        "rule signed escalate pay to boss\n",
        encoding="utf-8",
    )
    (tmp_path / "r.csv").write_text("g, ana, boss\n", encoding="utf-8")
    clock, hook = FakeClock(), Webhook(receiver.url, SECRET)
    engine = Engine.load(tmp_path / "p.policy", directory=tmp_path / "r.csv")
    gate = engine.gate(store=tmp_path / "s.db", clock=clock, notices=[hook])
    gate.submit(Action(Agent("a"), "pay", {"amount": 1}), session=gate.open("pay"))
    assert gate._sending.write()
    assert gate._sending.send_one(hook)
    assert not gate._sending.send_one(hook)
    clock.advance(seconds=1)
    assert gate._sending.send_one(hook)
    gate.close()
    assert len({headers["idempotency-key"] for headers in receiver.headers}) == 1
    assert receiver.bodies[0] == receiver.bodies[1]
    assert len(receiver.bodies) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x",
        "http://127.0.0.1.hooks.example/x",
        "http://10.0.0.1/x",
        "ftp://127.0.0.1/x",
        "//127.0.0.1/x",
        "https:///x",
        "https://user:password@hooks.example/x",
        "https://hooks.example/x#part",
        "https://hooks.example:port/x",
        "https://hooks.example/a b",
        "https://hooks.example/a\r\nX-Header: b",
        "https://hóoks.example/x",
        "https://[::1/x",
    ],
)
def test_an_address_that_is_not_safe_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(GateError) as refused:
        Webhook(url)
    assert "example" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example", "http://localhost:8/x", "http://127.0.0.2/x", "http://[::1]:80/x"],
)
def test_https_and_this_machine_itself_are_safe(url: str) -> None:
    assert Webhook(url, name="hook").name == "hook"


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        base64.b64encode(KEY).decode(),
        "whsec_" + base64.b64encode(KEY[:23]).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_not base64 at all, but quite long enough",
        "whsec_ąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąą",
    ],
)
def test_a_secret_that_is_none_of_the_standard_is_refused(secret: str) -> None:
    with pytest.raises(GateError, match="24 to 64 bytes"):
        Webhook("https://hooks.example", secret)
