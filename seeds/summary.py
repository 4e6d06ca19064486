"""The closing lines of a replay: what there is in the program now."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, F, Sum

from loyalty.models import (
    Entry,
    Member,
    Order,
    PointType,
    Program,
    Redemption,
    Voucher,
    VoucherUse,
    Wallet,
)
from referrals.admin.referral_words import given
from referrals.models import Payout, Referral, ReferralProgram
from referrals.rules.states import State
from seeds.data_summary import DataSummary
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import standings_of

# A label, and what there is to say.
Row = tuple[str, str]


@dataclass(frozen=True)
class PointSums:
    """What became of the points of one type, in the whole program."""

    name: str
    issued: int
    pending: int
    clawed_back: int
    expired: int
    redeemed: int
    restored: int
    owed: int


def point_sums(program: Program) -> list[PointSums]:
    """Return the sums of each point type, in the program's order."""
    return [_sums_of(point_type) for point_type in PointType.objects.filter(program=program)]


def _sums_of(point_type: PointType) -> PointSums:
    total = Sum(F("available") + F("pending") - F("debt"))
    entries = Entry.objects.filter(wallet__point_type=point_type)
    moved: dict[str, int] = dict(entries.values_list("kind").annotate(total=total))
    # What was held and then captured left `held`, and not what was available.
    captured = entries.filter(kind="capture").aggregate(total=Sum("held"))["total"] or 0
    wallets = Wallet.objects.filter(point_type=point_type)
    standing = wallets.aggregate(pending=Sum("pending"), owed=Sum("debt"))
    return PointSums(
        name=point_type.name_other,
        issued=int(moved.get("earn", 0)),
        pending=int(standing["pending"] or 0),
        clawed_back=-int(moved.get("clawback", 0)),
        expired=-int(moved.get("expire", 0)),
        redeemed=-int(moved.get("redeem", 0)) - int(captured),
        restored=int(moved.get("restore", 0)),
        owed=int(standing["owed"] or 0),
    )


def rows_of_program(program: Program) -> Iterator[Row]:
    """Yield what there is in the program now, whoever brought it there."""
    orders = Order.objects.filter(program=program)
    yield "orders", f"{orders.count():,}"
    yield "  of guests", f"{orders.filter(member=None).count():,}"
    yield "members", f"{Member.objects.filter(program=program).count():,}"
    for sums in point_sums(program):
        yield f"{sums.name} issued", f"{sums.issued:,}"
        yield "  pending", f"{sums.pending:,}"
        yield "  clawed back", f"{sums.clawed_back:,}"
        yield "  expired", f"{sums.expired:,}"
        for label in ("redeemed", "restored", "owed"):
            if points := getattr(sums, label):
                yield f"  {label}", f"{points:,}"
    yield from _rows_of_redemptions(program)
    yield from _rows_of_tiers(program)
    yield from _rows_of_referrals(program)


def _rows_of_redemptions(program: Program) -> Iterator[Row]:
    """Yield what became of what was redeemed, if anything was."""
    redemptions = Redemption.objects.filter(program=program)
    by_status = redemptions.values_list("status").annotate(count=Count("pk")).order_by("status")
    if counts := dict(by_status):
        said = ", ".join(f"{count:,} {status}" for status, count in counts.items())
        yield "redemptions", f"{sum(counts.values()):,}: {said}"
    issued = Voucher.objects.filter(program=program).exclude(issued_at=None).count()
    if issued:
        used = VoucherUse.objects.filter(program=program, released_at=None).count()
        yield "vouchers", f"{issued:,} issued, {used:,} uses"


def _rows_of_tiers(program: Program) -> Iterator[Row]:
    """Yield how many members are in which tier of each ladder, the lowest first."""
    setup, now = tier_setup_of(program), program.now()
    held = standings_of(program, list(Member.objects.filter(program=program)), now)
    for code, ladder in setup.ladders_on(setup.day_of(now)).items():
        counts = Counter(theirs[code].tier for theirs in held.values())
        in_tiers = [(counts[tier.code], tier.name) for tier in ladder.tiers]
        yield ladder.name, ", ".join(f"{count:,} {name}" for count, name in in_tiers if count)


def _rows_of_referrals(program: Program) -> Iterator[Row]:
    """Yield how friends have come along in each referral program, and what that gave."""
    for referral_program in ReferralProgram.objects.filter(program=program):
        referrals = Referral.objects.filter(referral_program=referral_program)
        counts = Counter(referral.state_at(program.now()) for referral in referrals)
        said = ", ".join(f"{counts[state]:,} {state}" for state in State if counts[state])
        yield f"{referral_program}: referrals", f"{referrals.count():,}: {said}"
        yield from _rows_of_payouts(referral_program)


def _rows_of_payouts(referral_program: ReferralProgram) -> Iterator[Row]:
    payouts = Payout.objects.filter(referral_program=referral_program, taken_back_at=None)
    for side in Payout.Side:
        gifts: Counter[str] = Counter()
        for payout in payouts.filter(side=side).select_related("program").order_by("pk"):
            is_given = payout.outcome == Payout.Outcome.GIVEN
            gifts[given(payout) if is_given else payout.get_outcome_display().lower()] += 1
        if gifts:
            said = ", ".join(f"{count:,} x {gift}" for gift, count in gifts.items())
            yield f"  {side.label.lower()}s were given", said


def rows_of_file(summary: DataSummary, listed_in: Path) -> Iterator[Row]:
    """Yield how the cancellations of a file fared, and where the rest of it is listed."""
    yield "cancellations", f"{summary.cancellations:,}"
    yield "  lines matched", f"{summary.cancelled_fully:,}"
    yield "  in part", f"{summary.cancelled_partly:,}"
    yield "  not matched", f"{summary.cancelled_not:,}"
    lines = "1 line" if len(summary.left_out) == 1 else f"{len(summary.left_out):,} lines"
    near = listed_in.is_relative_to(Path.cwd())
    place = listed_in.relative_to(Path.cwd()) if near else listed_in
    yield "in no order", f"{lines}, each with its reason in {place}"


def aligned(rows: Iterable[Row]) -> str:
    """Return rows as a table of two columns."""
    rows = list(rows)
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"  {label:<{width}}   {text}" for label, text in rows)
