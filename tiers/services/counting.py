"""What facts change in members' sums by day, and what members bring along to facts."""

from collections.abc import Iterator

from loyalty.queries.setup import Setup
from loyalty.rules.statements import RefundStatement
from loyalty.services.earning import Brought, first_judged
from loyalty.services.facts import Fact, Wave
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import Question, multipliers
from tiers.services.book import Reviewed, TierBook, open_tiers
from tiers.services.moves import Cause
from tiers.services.rebuilding import restate_totals
from tiers.services.totals import OrderChange, PointsChange, SumsDisagree, move_totals


def tiers_of(wave: Wave) -> TierBook | None:
    """Read the tiers of everybody whose facts a wave holds; None without ladders."""
    members = [fact.member for fact in _moving(wave) if fact.member is not None]
    if not members or not tier_setup_of(wave.program).ladders:
        return None
    return open_tiers(wave.program, members, wave.book)


def _moving(wave: Wave) -> list[Fact]:
    return [
        fact for fact in wave.live() if fact.member is not None and (fact.order or fact.event)
    ]


def brought_by(wave: Wave, tiers: TierBook) -> dict[int, Brought]:
    """Return what members' tiers bring to facts that are judged for the first time."""
    questions = [
        Question(fact.member, fact.occurred_at)
        for fact in first_judged(wave)
        if fact.member is not None
    ]
    held = tiers.held(questions)
    found = {}
    for question in questions:
        theirs = {code: each.tier for code, each in held[question.member.id].items()}
        named = {code: tier for code, tier in theirs.items() if tier is not None}
        bonuses = multipliers(tiers.setup, theirs, question.at)
        found[question.member.id] = Brought(named, bonuses)
    return found


def review_facts(wave: Wave, tiers: TierBook | None) -> Reviewed:
    """Count what a wave's facts changed, and let their members stand where that puts them."""
    facts = _moving(wave)
    orders = [change for fact in facts for change in _order_changes(fact, wave.setup)]
    points = [change for fact in facts for change in _points_changes(fact, wave.setup)]
    try:
        move_totals(wave.setup.program_id, orders, points)
    except SumsDisagree:
        # Somebody moved orders who knows no tiers. What they come to is known all the same.
        restate_totals(wave.setup, sorted({each.member_id for each in orders}))
        tiers = tiers_of(wave)
    else:
        if tiers is not None:
            tiers.count(orders, points)
    if tiers is None or not facts:
        return Reviewed()
    causes = {fact.member.id: _cause(fact) for fact in facts if fact.member is not None}
    return tiers.review(causes)


def _cause(fact: Fact) -> Cause:
    source_type, source_id = fact.source
    kind = "refund" if isinstance(fact.statement, RefundStatement) else source_type
    took = frozenset(code for code, earning in fact.earnings.items() if earning.delta < 0)
    return Cause(kind, source_type, source_id, took=took)


def _order_changes(fact: Fact, setup: Setup) -> Iterator[OrderChange]:
    """Yield by how much a fact changed the sums of the days it counts and counted for."""
    before, after = fact.counted_before, fact.counted
    if (before.moment, before.spend, before.orders) == (
        after.moment,
        after.spend,
        after.orders,
    ):
        return
    for sign, each in ((-1, before), (1, after)):
        day = each.ordered_on(setup.zone)
        if day is not None and each.member_id is not None:
            yield OrderChange(each.member_id, day, sign * each.spend, sign * each.orders)


def _points_changes(fact: Fact, setup: Setup) -> Iterator[PointsChange]:
    for sign, each in ((-1, fact.counted_before), (1, fact.counted)):
        if each.member_id is None:
            continue
        for code, day, earned, released in each.points_by_day(setup.zone):
            number = setup.point_types[code].id
            yield PointsChange(each.member_id, number, day, sign * earned, sign * released)
