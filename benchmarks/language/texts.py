"""Policies of any size, in the mixture of rules that real ones have."""

from __future__ import annotations

HEAD = """\
policy bench.refunds "Refunds"
  owner "bench@example.com"
  times in "Europe/Warsaw"

agents have { team: Text  model: Text }
role support_agent
role refunds_manager for humans
role compliance      for humans
type Status = "placed" | "delivered" | "returned"
record Order { id: Text  customer: Text  total: Decimal  status: Status  placed: Timestamp }
fact order: Order
task issue_refund "Pay money back" {
  input order_id: Text
  input amount:   Decimal
  input card:     Text secret
}
task verify_identity "Check who asks" { input customer: Text  output trusted }
about issue_refund { tags money, irreversible }
define ceiling = 200
define large(amount: Decimal) = amount > ceiling
rule checks permit support_agent to verify_identity
"""

KINDS = (
    """
rule routine_{n} "Front-line agents pay back delivered orders"
  permit support_agent to issue_refund
  when amount > 0 and amount <= order.total and order.status == "delivered"
""",
    """
rule recent_{n} "Refunds end after half a year"
  issue_refund only when order.placed in the last 180 days
""",
    """
rule known_{n} "Someone checked who is asking"
  issue_refund only after verify_identity
    where past.customer == order.customer within 1 hour
""",
    """
rule large_{n} "A manager signs larger refunds"
  escalate issue_refund to refunds_manager
  when large(amount) and agent.team != "team-{n}"
  within 4 hours, otherwise escalate to compliance within 1 day, otherwise deny
  hint "Refunds of 200 or less need no signature."
""",
    """
rule vouched_{n} "Money goes only where the customer said"
  issue_refund only when card is dictated
""",
    """
rule models_{n} "Only reviewed models may touch money"
  tasks tagged money only when agent.model in ["vendor-a/large-{n}", "vendor-b/pro-2"]
""",
    """
rule daily_{n} "One agent pays back at most so much in 24 hours"
  limit sum of amount over issue_refund to at most 5_000 per agent within 1 day
  otherwise escalate to refunds_manager
""",
    """
rule foreign_{n} "Nothing is paid to cards of another form"
  forbid any agent to issue_refund
  when not (card matches /[A-Z]{{2}}-[0-9]+/) or order_id == "o-{n}"
""",
)


def policy_of(rules: int) -> str:
    """A policy with so many rules."""
    return HEAD + "".join(KINDS[n % len(KINDS)].format(n=n) for n in range(rules))
