"""Notices over a webhook: one POST of JSON a notice, signed where there is a secret.

Headers and signature are those of Standard Webhooks 1.0.0
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), so
receivers verify them with its libraries: `webhook-id` is the id of the notice, the same for every
attempt, and `webhook-signature` is `v1,` and the HMAC-SHA-256 of `id.timestamp.body`.
`Idempotency-Key` has the same id, as a structured string
(https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import json
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.errors import GateError
from policy_engine.foundation.version import VERSION
from policy_engine.runtime.notices import NotDelivered, Notice

_PREFIX = "whsec_"
_SHORTEST_KEY, _LONGEST_KEY = 24, 64
"""Bytes, by the standard."""


class Webhook:
    """A channel that posts each notice to an address: `https`, or `http` to this machine itself.

    The body is `{"type": "notice.asked", "timestamp": …, "data": …}`: the kind of the notice, when
    it came about, its members. Delivered is what is answered with a status of 2xx within `timeout`
    seconds; no redirect is followed. `secret` is `whsec_` and the base64 of 24 to 64 random bytes,
    known to the receiver too. Raises `GateError` for an address or a secret of another kind.
    """

    def __init__(
        self, url: str, secret: str | None = None, timeout: float = 5.0, *, name: str = "webhook"
    ) -> None:
        self.name = name
        self._address = _address(url)
        self._key = None if secret is None else _key(secret)
        self._timeout = timeout

    def send(self, notice: Notice) -> None:
        """Posts a notice. Raises `NotDelivered`, whose words are free of address and secret."""
        body = _body(notice)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"agent-policy-engine/{VERSION}",
            "Idempotency-Key": f'"{notice.id}"',
            "Connection": "close",
            **self._standard(notice.id, int(time.time()), body),
        }
        connection = self._connection()
        try:
            connection.request("POST", self._target, body, headers)
            status = connection.getresponse().status
        except TimeoutError:
            raise NotDelivered(f"no answer within {self._timeout:g} seconds") from None
        except HTTPException as error:
            raise NotDelivered(f"it answered with no HTTP: {type(error).__name__}") from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise NotDelivered(f"it cannot be reached: {why}") from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise NotDelivered(f"it answered with the status {status}")

    def _connection(self) -> HTTPConnection:
        host, port = str(self._address.hostname), self._address.port
        kind = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
        return kind(host, port, timeout=self._timeout)

    @property
    def _target(self) -> str:
        query = f"?{self._address.query}" if self._address.query else ""
        return (self._address.path or "/") + query

    def _standard(self, id_: str, seconds: int, body: bytes) -> dict[str, str]:
        """The headers of the standard; without a secret, those that need none."""
        headers = {"webhook-id": id_, "webhook-timestamp": str(seconds)}
        if self._key is not None:
            headers["webhook-signature"] = signature(self._key, id_, seconds, body)
        return headers


def signature(key: bytes, id: str, seconds: int, body: bytes) -> str:
    """The signature of one attempt, at so many seconds since 1970."""
    signed = f"{id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def _body(notice: Notice) -> bytes:
    event = {
        "type": f"notice.{notice.kind.value}",
        "timestamp": timestamp_text(notice.at),
        "data": json.loads(notice.as_json()),
    }
    return json.dumps(event, separators=(",", ":")).encode("ascii")


def _address(url: str) -> SplitResult:
    """What an error says must not hold the address, which may give the right to send."""
    try:
        address = urlsplit(url)
        host, _ = address.hostname, address.port
    except ValueError:
        raise GateError("the address of a webhook cannot be read") from None
    if not url.isascii() or not url.isprintable() or " " in url:
        raise GateError("the address of a webhook is written in ASCII, without spaces")
    if address.username is not None or address.fragment or not host:
        raise GateError("the address of a webhook names a host, and neither a user nor a fragment")
    if address.scheme != "https" and not (address.scheme == "http" and _is_loopback(host)):
        raise GateError("a webhook goes over https, or over http to this machine itself")
    return address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise GateError("the secret of a webhook is `whsec_` and the base64 of 24 to 64 bytes")
    return key
