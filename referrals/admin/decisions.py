"""What staff decide about one referral: a form with a reason, and one call of a service."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms

from loyalty.admin.acting import Act
from referrals.models import Referral
from referrals.rules.states import OVER, State
from referrals.services.reviews import (
    Decided,
    approve_referrals,
    reconsider_referrals,
    reinstate_referrals,
    reject_referrals,
    reopen_referrals,
    was_waiting,
)

PERMISSION = "referrals.change_referral"

Service = Callable[..., list[Referral]]
# By the name that a page gives it: what is called, and how it reads afterwards.
DECISIONS: Mapping[str, tuple[Service, str]] = {
    "approve": (approve_referrals, "approved"),
    "reject": (reject_referrals, "rejected"),
    "reinstate": (reinstate_referrals, "reinstated"),
    "reconsider": (reconsider_referrals, "put back to be looked at"),
    "reopen": (reopen_referrals, "put back to be looked at"),
}


def decide(referral: Referral, name: str, decided: Decided) -> Referral:
    """Take a decision about a referral, and return how it stands then.

    :raises DomainError: if it cannot be
    """
    service, _ = DECISIONS[name]
    program = referral.program
    at = program.now()
    [after] = service(program=program, referrals=[referral.pk], decided=decided, at=at)
    return after


class Decide(Act):
    """A decision about a referral. A subclass says which."""

    permission = PERMISSION
    refused_at = "note"
    decision: ClassVar[str]

    note = forms.CharField(
        label="Reason",
        max_length=255,
        help_text="For whoever looks at it later. No shopper sees it.",
    )

    def perform(self) -> str:
        decided = Decided(self.staff.get_username(), self.cleaned_data["note"].strip())
        after = decide(self.row, self.decision, decided)
        said, state = DECISIONS[self.decision][1], after.state.replace("_", " ")
        goes_on = "" if state == said else f"; it is {state} now"
        return f"Referral {self.row} is {said}{goes_on}."


class Approve(Decide):
    title = "Approve"
    decision = "approve"
    explanation = (
        "It goes on from where it is by now: what the friend has done meanwhile counts, "
        "and what is due is given."
    )

    @classmethod
    def is_offered(cls, row: Any) -> bool:
        return bool(row.state == State.FLAGGED)


class Reconsider(Decide):
    title = "Undo: look at it again"
    decision = "reconsider"
    explanation = (
        "It waits again to be looked at, as before it was approved, and what it has given "
        "to either side since is taken back."
    )

    @classmethod
    def is_offered(cls, row: Any) -> bool:
        return row.approved_at is not None and row.state not in (*OVER, State.FLAGGED)


class Reject(Decide):
    title = "Reject"
    decision = "reject"
    is_final = True
    explanation = (
        "It ends, and what it gave to either side is taken back. Shoppers read no more than "
        "that it was turned down."
    )

    @classmethod
    def is_offered(cls, row: Any) -> bool:
        return row.state not in OVER


class Reopen(Decide):
    title = "Undo: look at it again"
    decision = "reopen"
    explanation = "It waits again to be looked at, as before it was rejected."

    @classmethod
    def is_offered(cls, row: Any) -> bool:
        return was_waiting(row)


class Reinstate(Decide):
    title = "Reinstate"
    decision = "reinstate"
    explanation = (
        "It goes on by what is known now, as if it had not been rejected: what is due is "
        "given. What speaks against it has been looked at then."
    )

    @classmethod
    def is_offered(cls, row: Any) -> bool:
        return bool(row.state == State.REJECTED)
