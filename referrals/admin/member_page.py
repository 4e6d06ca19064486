"""What a member's page tells of referrals: whom they brought, and who brought them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q

from core.staff import DASH, Panel, Tool
from loyalty.admin.additions import Addition, Happening, add_to_member_page
from loyalty.admin.reward_words import gives_in_words
from loyalty.admin.showing import link, list_of
from loyalty.models import Member, Program
from referrals.admin.by_hand import BroughtBy
from referrals.admin.payouts import payouts_panel
from referrals.admin.referral_words import friend_of, state_mark, told_shoppers
from referrals.models import Payout, Referral, ReferralCode, ReferralStep
from referrals.queries.advocates import AdvocateView, advocate_view
from referrals.queries.programs import referral_setup_of

LAST_REFERRALS = 10


def referrals_panels(member: Member) -> Sequence[Panel]:
    """Return how the member's friends have come along, and whose friend the member is."""
    if not referral_setup_of(member.program).has_any:
        return []
    brought = list(_of(member, "advocate"))
    came = list(_of(member, "friend"))
    return [
        _advocate(member),
        *_list("Friends", brought, member),
        *_list("Came by", came, member),
        *_paid(member),
    ]


def _paid(member: Member) -> list[Panel]:
    """Return what the member was given as an advocate and as a friend, with the codes."""
    rows = Payout.objects.filter(member=member).select_related(
        "referral", "member", "voucher", "program"
    )
    # The code of a friend who has not enrolled is on the advocate's row.
    own = rows.exclude(side=Payout.Side.FRIEND, referral__friend=None).order_by("-pk")
    last = list(own[:LAST_REFERRALS])
    return [payouts_panel(last, member.program)] if last else []


def _of(member: Member, side: str) -> Any:
    rows = Referral.objects.filter(**{side: member})
    rows = rows.select_related("advocate", "friend", "referral_program", "program")
    return rows.order_by("-pk")[:LAST_REFERRALS]


def _advocate(member: Member) -> Panel:
    """Return how far the member's friends came in each referral program in use."""
    program, now = member.program, member.program.now()
    setup = referral_setup_of(program)
    codes = {
        code.referral_program_id: code
        for code in ReferralCode.objects.filter(member=member, retired_at=None)
    }
    rows = []
    for name, number in setup.programs.items():
        view = advocate_view(setup, member, name, now)
        code, funnel = codes.get(number), view.funnel
        rows.append(
            (
                setup.newest(name).name,
                link(code) if code else DASH,
                funnel.clicks,
                funnel.claims,
                funnel.qualified,
                funnel.rewarded,
                _earned(view.earned, program),
                _cap(view),
            )
        )
    return Panel(
        title="As an advocate",
        headings=(
            *("Referral program", "Code", "Clicks", "Claims", "Qualified", "Rewarded"),
            *("Earned by it", "Cap"),
        ),
        rows=rows,
        empty="Nobody can be referred now.",
    )


def _earned(earned: Sequence[Mapping[str, Any]], program: Program) -> str:
    words = [
        f"{each['points']:,} {each['point_type']}"
        if "points" in each
        else f"{each['times']} \N{MULTIPLICATION SIGN} {gives_in_words(each['gives'], program)}"
        for each in earned
    ]
    return ", ".join(words) or DASH


def _cap(view: AdvocateView) -> str:
    if view.cap is None:
        return DASH
    return f"{view.cap['used']} of {view.cap['times']} per {view.cap['per']}"


def _list(title: str, referrals: Sequence[Referral], member: Member) -> list[Panel]:
    if not referrals:
        return []
    now = member.program.now()
    return [
        Panel(
            title=title,
            headings=("Referral", "Of", "Advocate", "Friend", "State", "Shoppers read"),
            rows=[
                (
                    link(each),
                    str(each.referral_program),
                    link(each.advocate),
                    friend_of(each),
                    state_mark(each.state_at(now)),
                    told_shoppers(each.reason),
                )
                for each in referrals
            ],
            note="The last ones." if len(referrals) == LAST_REFERRALS else "",
        )
    ]


def steps_of(member: Member) -> Iterator[Happening]:
    """Yield the steps of the member's last referrals, for the timeline."""
    either = Referral.objects.filter(Q(advocate=member) | Q(friend=member))
    last = list(either.order_by("-pk").values_list("pk", flat=True)[:LAST_REFERRALS])
    steps = ReferralStep.objects.filter(referral__in=last).select_related("referral")
    for step in steps.order_by("referral", "number"):
        text = f"referral {step.get_state_display().lower()}"
        yield Happening(step.at, text, link(step.referral), step.reason)


def lists_of(member: Member) -> Sequence[Tool]:
    if not referral_setup_of(member.program).has_any:
        return ()
    return [
        Tool("Referrals", list_of(Referral, advocate=member.pk)),
        Tool("Paid by referrals", list_of(Payout, q=member.external_id)),
    ]


add_to_member_page(
    Addition(
        panels=referrals_panels,
        happenings=steps_of,
        lists=lists_of,
        acts={"brought-by": BroughtBy},
    )
)
