"""Dogwood's interpreter in Rust through `dogwood-py`: Cedar with conditions on what happened.

The authorizer records each request that it decides, so its past is made by asking. It is a
reference interpreter, which its authors do not recommend for production.
"""

from __future__ import annotations

from collections.abc import Iterable

from dogwood import native

from benchmarks.decisions.pasts import Payment

_SCHEMA = """
namespace Bench {
  type PayInput = { amount: Long, agent: String };
  entity Desk;
  entity Agent;
  action "Pay" appliesTo { principal: [Agent], resource: [Desk], context: { input: PayInput } };
}
"""

_EVENTS = """
decision event <A>::request {
    ...inputs(A),
    pin callerPrincipal: principalType(A) = principal,
    callerResource: resourceType(A),
    requestId: String,
    sessionId: String,
}
"""

_POLICY = """
@id("ceiling")
permit (principal, action == Bench::Action::"Pay", resource)
when temporal {
    exists (n: Long). (
        (count for (t: Timepoint). where (
            formerly within 1h (
                Bench::Action::"Pay"::request{ input.agent: context.input.agent } && tp(t)
            )
        )) == n
        && n <= %d
    )
};
"""


class Authorizer:
    """Has seen some payments, and permits up to a ceiling of them an agent and hour."""

    def __init__(self, before: Iterable[Payment], ceiling: int) -> None:
        self._authorizer = native.NativeAuthorizer(_POLICY % ceiling, _SCHEMA, _EVENTS)
        for payment in before:
            self.pay(payment.agent, payment.amount)

    def pay(self, agent: str, amount: int = 1) -> bool:
        """Whether one more payment is permitted; it is part of the past from now on."""
        answer = self._authorizer.authorize_request(
            "Bench::Action::Pay",
            f'Bench::Agent::"{agent}"',
            'Bench::Desk::"desk"',
            {"amount": amount, "agent": agent},
        )
        return bool(answer == "Allow")
