"""Telling the life of an invented shop: who joins, who buys, what comes back, and when.

Times are those on the shop's wall, such as "2024-02-29 12:00"; of an hour that comes
twice the first is meant.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from seeds.days import Fact


@dataclass(frozen=True)
class Teller:
    """Tells facts in a shop's money and time.

    Each fact is told when it happens, unless `told` says on which later day.
    """

    zone: ZoneInfo
    currency: str

    def moment(self, wall: str) -> datetime:
        """Return a local time, in UTC."""
        return datetime.fromisoformat(wall).replace(tzinfo=self.zone).astimezone(UTC)

    def joins(self, member: str, wall: str, name: str, **given: Any) -> Fact:
        joined_at = self.moment(wall)
        body = {"name": name, "joined_at": joined_at.isoformat()} | given
        return _told("member", member, joined_at, body)

    def buys(
        self,
        member: str | None,
        order: str,
        wall: str,
        *prices: int,
        told: str = "",
        **body: Any,
    ) -> Fact:
        """Tell an order of a piece for each of the prices, or of `lines`; paid at `wall`."""
        paid_at = self.moment(wall)
        order_body: dict[str, Any] = {
            "version": 1,
            "status": "paid",
            "currency": self.currency,
            "placed_at": paid_at.isoformat(),
            "paid_at": paid_at.isoformat(),
            "lines": [
                {
                    "id": str(place),
                    "sku": f"{order}-{place}",
                    "quantity": 1,
                    "unit_price": price,
                }
                for place, price in enumerate(prices, start=1)
            ],
        }
        order_body |= {"member": member} if member else {}
        return _told("order", order, self.moment(told) if told else paid_at, order_body | body)

    def returns(self, order: str, wall: str, lines: dict[str, int]) -> Fact:
        """Tell that so many units of some lines, by their ids, were refunded."""
        refunded_at = self.moment(wall)
        body = {
            "order": order,
            "refunded_at": refunded_at.isoformat(),
            "lines": [{"id": line, "quantity": units} for line, units in lines.items()],
        }
        return _told("refund", f"{order}-back-{refunded_at:%y%m%d}", refunded_at, body)

    def does(
        self,
        member: str,
        kind: str,
        event: str,
        wall: str,
        *,
        told: str = "",
        **properties: Any,
    ) -> Fact:
        """Tell an event of some kind."""
        occurred_at = self.moment(wall)
        body = {
            "type": kind,
            "member": member,
            "occurred_at": occurred_at.isoformat(),
            "properties": properties,
        }
        return _told("event", event, self.moment(told) if told else occurred_at, body)

    def redeems(self, member: str, reward: str, name: str, wall: str) -> Fact:
        """Tell that a member takes a reward, for good."""
        body = {"member": member, "reward": reward, "capture": True}
        return _told("redemption", name, self.moment(wall), body)

    def chooses(self, member: str, code: str, wall: str) -> Fact:
        """Tell that an advocate picks a code to pass on."""
        return _told("code", code, self.moment(wall), {"member": member})

    def follows(self, friend: str, code: str, wall: str, *, email: str, device: str) -> Fact:
        """Tell that a friend, not yet a member perhaps, comes by an advocate's link."""
        body = {"code": code, "email": email, "device": device}
        return _told("link", friend, self.moment(wall), body)

    def decides(self, decision: str, friend: str, wall: str, note: str) -> Fact:
        """Tell that somebody of the staff says `approve` or `reject` to a friend's referral."""
        return _told(decision, friend, self.moment(wall), {"note": note})


def _told(kind: str, name: str, told_at: datetime, body: Fact) -> Fact:
    return {"kind": kind, "id": name, "told_at": told_at} | body
