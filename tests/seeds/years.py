"""Years of a ready-made shop with tiers: lived day by day, in leaps, or without any job.

Tables of what was worked out by hand tell for each member what there is from a local time
on. A change of tier is told as (time, tier, cause, source).
"""

from datetime import UTC, datetime, timedelta

from engine.travel import move_clock
from loyalty.models import Member, Program
from loyalty.queries.balances import wallets_of
from seeds.days import Day
from seeds.replay import open_program, replay_days, state_all
from seeds.shops import SHOPS
from tests.seeds.living import days_of_shop, ledger_of
from tiers.models import EntryReward, Standing, StandingChange
from tiers.queries.ladders import tier_setup_of
from tiers.queries.standings import standings_of


def opened(name, days):
    return open_program(SHOPS[name].program_file(), at=days[0].starts_at)


def live_every_day(name, *, until):
    """Move the clock to every midnight, with the facts on their way; yield the program then."""
    days = days_of_shop(name)
    program = opened(name, days)
    for day in with_empty_days(days, until):
        for _ in replay_days(program, [day]):
            pass
        yield program


def with_empty_days(days, until):
    by_date = {day.date: day for day in days}
    date, zone = days[0].date, days[0].zone
    while date < until.astimezone(zone).date():
        yield by_date.get(date) or Day(date, [], zone)
        date += timedelta(days=1)


def live_in_leaps(name, *, until=None, days=None):
    """Move the clock from fact to fact, and on to `until`; return the program."""
    days = days or days_of_shop(name)
    program = opened(name, days)
    for _ in replay_days(program, days):
        pass
    if until is not None:
        move_clock(program=program, to=until)
    return program


def live_without_jobs(name, *, until):
    """State each fact at its time, and let nothing else run; return the program."""
    days = days_of_shop(name)
    program = opened(name, days)
    for day in days:
        for at, facts in day.moments:
            set_clock(program, at)
            state_all(program, day, facts)
    set_clock(program, until)
    return program


def set_clock(program, at):
    Program.objects.filter(pk=program.pk).update(clock_at=at)
    program.refresh_from_db()


def members_of(program):
    return list(Member.objects.filter(program=program).order_by("pk"))


def tiers_seen(program, ladder, *, at=None):
    """Return the tiers of all members, by their ids, as a reader sees them."""
    members = members_of(program)
    held = standings_of(program, members, at or program.now())
    return {member.external_id: held[member.pk][ladder].tier for member in members}


def points_seen(program, point_type):
    """Return what all members have, less what they owe."""
    members = members_of(program)
    seen = wallets_of(members, at=program.now())
    wallets = {member.external_id: seen[member.pk][point_type] for member in members}
    return {who: wallet.available - wallet.debt for who, wallet in wallets.items()}


def told(program, ladder):
    """Return how each member moved, as (time on the wall, tier, cause, source)."""
    moves = {}
    changes = StandingChange.objects.filter(program=program, ladder__code=ladder)
    for change in changes.select_related("member").order_by("id"):
        wall = f"{change.at.astimezone(program.zone):%Y-%m-%d %H:%M}"
        move = (wall, change.to_tier or None, change.cause, change.source_id)
        moves.setdefault(change.member.external_id, []).append(move)
    return moves


def by_hand(table, program, *, before):
    """Return what a table says of all members now; `before` is what they begin with."""
    members = Member.objects.filter(program=program).values_list("external_id", flat=True)
    return {who: _by_hand(table.get(who, ()), program, before) for who in members}


def _by_hand(rows, program, before):
    found = before
    for wall, what, *_ in rows:
        if local(wall, program.zone) <= program.now():
            found = what
    return found


def local(wall, zone):
    """Return a time of the wall, the first if it comes twice, in UTC."""
    return datetime.fromisoformat(wall).replace(tzinfo=zone).astimezone(UTC)


def rewards_of(program):
    """Return what entering tiers gave when, and when it was taken back, by local times."""
    rows = EntryReward.objects.filter(program=program).order_by("id")
    told_of = {}
    for row in rows.select_related("member"):
        times = [
            at and f"{at.astimezone(program.zone):%Y-%m-%d %H:%M}"
            for at in (row.given_at, row.taken_back_at)
        ]
        told_of.setdefault(row.member.external_id, []).append((row.tier, *times))
    return told_of


def all_of(program):
    """Return all that was written for the program's members, but for server times."""
    ladders = tier_setup_of(program).ladders
    columns = ("tier", "since", "until", "earned", "earned_until", "review_at")
    standings = Standing.objects.filter(program=program).order_by(
        "member__external_id", "ladder"
    )
    return {
        "ledger": ledger_of(program),
        "moves": {code: told(program, code) for code in ladders},
        "rewards": rewards_of(program),
        "standings": list(standings.values_list("member__external_id", *columns)),
    }
