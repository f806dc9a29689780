"""Notices by mail, chat or telephone, through Apprise. Needs the extra `notices`.

Apprise (BSD-2-Clause) knows how to reach a hundred services, each by an address of its own kind:
`mailtos://…`, `slack://…`, `msteams://…`.
"""

from __future__ import annotations

from policy_engine.foundation.errors import GateError
from policy_engine.runtime.notices import NotDelivered, Notice

try:
    import apprise
except ImportError as error:
    raise ImportError(
        "notices through Apprise need their library: pip install 'agent-policy-engine[notices]'"
    ) from error


class Apprise:
    """A channel to one or more addresses of Apprise; each notice goes to all of them.

    Where one of them fails, all get the notice again: give each a channel of its own, by `name`,
    where that matters. Raises `GateError` for an address that Apprise does not know.
    """

    def __init__(self, *urls: str, name: str = "apprise") -> None:
        self.name = name
        self._service = apprise.Apprise()
        for number, url in enumerate(urls, start=1):
            if not self._service.add(url):
                # Without the address itself, which may hold a password.
                raise GateError(f"Apprise does not know the address {number} of `{name}`")
        if not urls:
            raise GateError(f"the channel `{name}` has no address")

    def send(self, notice: Notice) -> None:
        """Hands a notice over. Raises `NotDelivered` where one address did not take it."""
        delivered = self._service.notify(
            title=notice.subject, body=notice.text, body_format=apprise.NotifyFormat.TEXT
        )
        if not delivered:
            raise NotDelivered("Apprise could not deliver it to every address")
