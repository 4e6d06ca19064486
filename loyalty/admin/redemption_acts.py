"""What staff do to a redemption: give it back, and say how far the work on it has come."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms

from loyalty.admin.acting import Act
from loyalty.admin.work import fulfil
from loyalty.models import Redemption
from loyalty.services.redemptions import reverse_redemption, void_redemption


class Settling(Act):
    """Something that moves the points of a redemption."""

    def settle(self, settle: Callable[..., Redemption], **asked: Any) -> None:
        settle(redemption=self.row, requested=self.asked(), **asked)


class Void(Settling):
    """Gives back what is held."""

    title = "Void"
    permission = "loyalty.change_redemption"
    is_final = True
    explanation = (
        "The points that are held go back to the member; a code of this redemption is void, "
        "and the stock has one more."
    )

    @classmethod
    def is_offered(cls, row: Redemption) -> bool:
        return row.status_at(row.program.now()) == Redemption.Status.HELD

    def perform(self) -> str:
        self.settle(void_redemption)
        return f"{self.row} is voided: {self.row.points:,} points went back."


class Reverse(Settling):
    """Gives back what was spent, or a part of it."""

    title = "Reverse"
    permission = "loyalty.change_redemption"
    is_final = True
    explanation = (
        "The points go back to the lots they came from. With the last of them the "
        "redemption is undone: its code is void, the stock has one more, open work is "
        "called off."
    )
    refused_at = "points"

    points = forms.IntegerField(min_value=1, max_value=2**63 - 1, help_text="All, or a part.")
    reason = forms.CharField(
        max_length=60, help_text="A short word that the member may see, such as broken."
    )

    @classmethod
    def is_offered(cls, row: Redemption) -> bool:
        is_captured = row.status == Redemption.Status.CAPTURED
        return is_captured and row.captured_points > row.reversed_points

    def suggested(self, row: Redemption) -> dict[str, Any]:
        return {"points": row.captured_points - row.reversed_points}

    def perform(self) -> str:
        points = self.cleaned_data["points"]
        self.settle(reverse_redemption, points=points, reason=self.cleaned_data["reason"])
        return f"{points:,} points of {self.row} went back."


class _Work(Act):
    """Says how far the work on a redemption has come."""

    permission = "loyalty.change_redemption"
    from_states: ClassVar[tuple[str, ...]]
    to_state: ClassVar[str]

    note = forms.CharField(
        required=False,
        max_length=255,
        help_text="For colleagues: who has it, the number of the parcel.",
    )

    @classmethod
    def is_offered(cls, row: Redemption) -> bool:
        is_undone = row.status == Redemption.Status.REVERSED
        return row.fulfilment in cls.from_states and not is_undone

    def suggested(self, row: Redemption) -> dict[str, Any]:
        return {"note": row.fulfilment_note}

    def perform(self) -> str:
        fulfil(self.row, self.to_state, self.cleaned_data["note"])
        return f"{self.row}: {Redemption.Fulfilment(self.to_state).label.lower()}."


class Take(_Work):
    title = "Take"
    explanation = "Somebody is at it; colleagues see that it is in progress."
    from_states = ("open",)
    to_state = "in_progress"


class Fulfil(_Work):
    title = "Fulfil"
    explanation = "It was sent, or done."
    from_states = ("open", "in_progress")
    to_state = "fulfilled"


class CancelWork(_Work):
    title = "Cancel the work"
    explanation = "Nobody will send or do it. The points stay spent; reverse to give them back."
    from_states = ("open", "in_progress")
    to_state = "cancelled"


class Reopen(_Work):
    title = "Open again"
    explanation = "It has to be done after all, such as a parcel that came back."
    from_states = ("fulfilled", "cancelled")
    to_state = "open"
