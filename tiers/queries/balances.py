"""Who does not stand where their balance puts them, and when balances change by time."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from core.periods import local_midnight
from core.zones import reading
from loyalty.models import Member, Program, Wallet
from loyalty.queries.setup import setup_of
from tiers.models import Standing
from tiers.queries.ladders import LadderSetup, tier_setup_of
from tiers.rules.ladders import CompiledLadder

DAY = timedelta(days=1)


def follows_balances(program: Program) -> bool:
    """Say whether points alone may move members of a program, whoever moves those."""
    return any(ladder.follows_balance for ladder in tier_setup_of(program).ladders.values())


def members_astray(program: Program, at: datetime, *, after: int, most: int) -> list[Member]:
    """Return members whose rows are not where their balances put them, by number.

    The next ones come after the number of the last. Wallets tell what time has done by
    `at` where it was written down; whoever has left, or was merged or erased, stays.
    """
    found: set[int] = set()
    for ladder, now in _following(program, tier_setup_of(program).day_of(at)):
        rows = _astray(program, ladder, now).filter(member__gt=after).order_by("member")
        found.update(rows.values_list("member_id", flat=True)[:most])
    return list(Member.objects.filter(pk__in=sorted(found)[:most]).order_by("pk"))


def next_balance(
    program: Program, *, after: datetime | None, until: datetime
) -> datetime | None:
    """Return the next local midnight up to `until` by which balances have changed by time.

    By the day: of a year that passes at once, each moment would be too many to stop at.
    """
    types = {setup_of(program).point_types[code].id for code in _counted_codes(program)}
    due = Wallet.objects.filter(program=program, point_type__in=types, due_at__lt=until)
    if after is not None:
        # What was due by the last midnight was written down by it, or is too early a guess.
        due = due.filter(due_at__gte=after)
    first = due.order_by("due_at").values_list("due_at", flat=True).first() if types else None
    if first is None:
        return None
    midnight = local_midnight(reading(first, program.zone).date() + DAY, program.zone)
    return midnight if midnight <= until else None


def _counted_codes(program: Program) -> set[str]:
    versions = [
        version.ladder
        for ladder in tier_setup_of(program).ladders.values()
        for version in ladder.versions
    ]
    return {each.point_type for each in versions if each.metric == "balance"}


def _following(program: Program, day: date) -> Iterator[tuple[LadderSetup, CompiledLadder]]:
    for ladder in tier_setup_of(program).ladders.values():
        now = ladder.on(day)
        if now.metric == "balance":
            yield ladder, now


def _astray(program: Program, ladder: LadderSetup, now: CompiledLadder) -> QuerySet[Wallet]:
    """Return the wallets whose balance fits another tier than their member's row has."""
    has = F("available") + F("pending")
    fits = Case(
        *(When(has__gte=tier.least, then=Value(tier.code)) for tier in reversed(now.tiers)),
        default=Value(""),
        output_field=CharField(),
    )
    row = Standing.objects.filter(member=OuterRef("member"), ladder=ladder.id)
    begins = Value(now.code_at(now.lowest) or "")
    left = Q(member__status__in=(Member.Status.CLOSED, Member.Status.ERASED))
    point_type = setup_of(program).point_types[now.point_type]
    wallets = Wallet.objects.filter(program=program, point_type=point_type.id, is_closed=False)
    stands = Coalesce(Subquery(row.values("earned")[:1]), begins)
    return (
        wallets.exclude(left)
        .annotate(has=has)
        .annotate(fits=fits, stands=stands)
        .exclude(fits=F("stands"))
    )
