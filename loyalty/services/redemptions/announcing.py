"""What the outside hears of redemptions and vouchers."""

from datetime import datetime

from core.events import NewEvent
from core.zones import written
from loyalty.models import Redemption, Voucher
from loyalty.queries.setup import Setup
from loyalty.services.redemptions.asking import live_reward


def told(setup: Setup, kind: str, redemption: Redemption, *, at: datetime) -> NewEvent:
    """Return the event that tells how a redemption stands now."""
    ends_at, work = redemption.expires_at, redemption.fulfilment
    return NewEvent(
        program_id=redemption.program_id,
        member_id=redemption.member_id,
        type=kind,
        data={
            "id": str(redemption),
            "member": redemption.member.external_id,
            "reward": _reward_code(setup, redemption),
            "gives": redemption.gives,
            "status": redemption.status,
            "point_type": setup.point_type(redemption.point_type_id).code,
            "points": redemption.points,
            "captured_points": redemption.captured_points,
            "reversed_points": redemption.reversed_points,
            "discount": redemption.discount,
            "order": redemption.order_ref or None,
            "fulfilment": None if work == Redemption.Fulfilment.NONE else work,
            "expires_at": written(ends_at) if ends_at else None,
        },
        occurred_at=at,
    )


def _reward_code(setup: Setup, redemption: Redemption) -> str | None:
    """Return the reward's code, from memory unless it was archived meanwhile."""
    if redemption.reward_id is None:
        return None
    live = live_reward(setup, redemption.reward_id)
    if live is not None:
        return live.code
    return redemption.reward.code if redemption.reward else None


def told_of_voucher(
    kind: str, voucher: Voucher, *, at: datetime, order: str | None = None
) -> NewEvent:
    """Return the event that tells how a voucher stands now."""
    until = voucher.valid_until
    used = {} if order is None else {"order": order}
    return NewEvent(
        program_id=voucher.program_id,
        member_id=voucher.member_id,
        type=kind,
        data={
            "code": voucher.shown,
            "member": voucher.member.external_id if voucher.member else None,
            "redemption": f"red_{voucher.redemption_id}" if voucher.redemption_id else None,
            "gives": voucher.gives,
            "uses_left": voucher.uses - voucher.used,
            "valid_until": written(until) if until else None,
        }
        | used,
        occurred_at=at,
    )
