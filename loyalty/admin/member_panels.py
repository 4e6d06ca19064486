"""The tables of a member's page: what is coming, what was redeemed, what was agreed to."""

from collections.abc import Mapping
from datetime import datetime

from core.staff import DASH, Panel
from loyalty.admin.reward_words import mark, name_of, voucher_word
from loyalty.admin.showing import link, local, signed
from loyalty.models import Adjustment, ConsentChange, Member, Redemption, Voucher
from loyalty.queries.balances import Forecast
from loyalty.queries.setup import setup_of
from loyalty.queries.vouchers import voucher_state

SOONEST = 4
LAST_REDEMPTIONS = 10
LAST_CONSENTS = 200


def coming_panel(member: Member, forecast: Mapping[str, Forecast]) -> Panel:
    """Return what time alone will do to the member's points, and when."""
    coming = [
        (at, points, code, text)
        for code, each in forecast.items()
        for text, dates in (("become available", each.activating), ("expire", each.expiring))
        for at, points in dates[:SOONEST]
    ]
    every = sum(len(each.activating) + len(each.expiring) for each in forecast.values())
    more = f"The soonest; {every - len(coming)} more come later." if every > len(coming) else ""
    return Panel(
        title="Coming up",
        headings=("When", "Points", "Of", "What"),
        rows=[
            (local(at, member.program), points, code, text)
            for at, points, code, text in sorted(coming)
        ],
        note=more,
        empty="Nothing is pending, and nothing expires.",
    )


def waiting_panels(member: Member) -> list[Panel]:
    """Return the adjustments that wait for a second person, if any do."""
    awaiting = Adjustment.objects.filter(member=member, status=Adjustment.Status.AWAITING)
    waiting = list(awaiting.select_related("point_type").order_by("pk"))
    if not waiting:
        return []
    panel = Panel(
        title="Adjustments that wait",
        headings=("Asked", "Points", "Of", "Reason", "Asked by", ""),
        rows=[
            (
                local(each.created_at, member.program),
                signed(each.points),
                each.point_type.code,
                each.reason,
                each.requested_by or DASH,
                link(each, "decide"),
            )
            for each in waiting
        ],
    )
    return [panel]


def rewards_panel(member: Member) -> Panel:
    """Return what the member redeemed last, with the codes that came of it."""
    program = member.program
    setup, now = setup_of(program), program.now()
    mine = Redemption.objects.filter(member=member).order_by("-held_at", "-pk")
    last = list(mine.select_related("reward", "point_type")[:LAST_REDEMPTIONS])
    rows = []
    issued = Voucher.objects.filter(redemption__in=last)
    vouchers = {voucher.redemption_id: voucher for voucher in issued}
    for each in last:
        voucher = vouchers.get(each.pk)
        code: object = DASH
        state: object = DASH
        if voucher is not None:
            voucher.redemption = each
            code = link(voucher)
            state = voucher_word(voucher, voucher_state(setup, voucher, at=now))
        rows.append(
            (
                local(each.held_at, program),
                link(each, name_of(each, program)),
                each.points - each.reversed_points,
                each.point_type.code,
                status_mark(each, now),
                code,
                state,
                each.get_fulfilment_display() if each.fulfilment != "none" else DASH,
            )
        )
    return Panel(
        title="Rewards",
        headings=("When", "Reward", "Points", "Of", "Status", "Code", "Is", "To be done"),
        rows=rows,
        empty="Nothing was redeemed yet.",
    )


def status_mark(redemption: Redemption, at: datetime) -> object:
    """Return how a redemption stands at `at`, whatever job has run."""
    status = redemption.status_at(at)
    return mark(status, Redemption.Status(status).label)


def consents_panel(member: Member) -> Panel:
    """Return what the member agrees to, since when, and who says so."""
    changes = ConsentChange.objects.filter(member=member).order_by("-pk")[:LAST_CONSENTS]
    newest: dict[str, ConsentChange] = {}
    for change in changes:
        newest.setdefault(change.topic, change)
    topics = sorted({*member.consents, *newest})
    return Panel(
        title="Consents",
        headings=("Channel or topic", "Consent", "Since", "Said by"),
        rows=[
            (
                topic,
                "given" if member.consents.get(topic) else "not given",
                local(newest[topic].changed_at, member.program) if topic in newest else DASH,
                newest[topic].source if topic in newest else DASH,
            )
            for topic in topics
        ],
        empty="None were stated.",
    )
