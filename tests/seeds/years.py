"""Years of a ready-made shop with tiers: lived in steps, in leaps, or without any job.

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


def live_in_steps(name, *, until, step):
    """Move the clock on by so many days at a time, with a stop at the end of each day on
    which something happens; yield the program at every stop."""
    days = days_of_shop(name)
    program = opened(name, days)
    for day in with_empty_days(days, until, step):
        for _ in replay_days(program, [day]):
            pass
        yield program


def with_empty_days(days, until, step):
    by_date = {day.date: day for day in days}
    zone = days[0].zone
    number_of_days = (until.astimezone(zone).date() - days[0].date).days
    for number in range(number_of_days):
        date = days[0].date + timedelta(days=number)
        if date in by_date or number % step == 0 or number == number_of_days - 1:
            yield by_date.get(date) or Day(date, [], zone)


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


def all_seen(program, ladders, point_types):
    """Return all members' tiers by ladder, and by type what they have less what they owe."""
    members, now = members_of(program), program.now()
    held, wallets = standings_of(program, members, now), wallets_of(members, at=now)
    tiers = {
        code: {member.external_id: held[member.pk][code].tier for member in members}
        for code in ladders
    }
    points = {
        code: {
            member.external_id: wallets[member.pk][code].available
            - wallets[member.pk][code].debt
            for member in members
        }
        for code in point_types
    }
    return tiers, points


def told(program, ladder):
    """Return how each member moved, as (time on the wall, tier, cause, source)."""
    moves = {}
    changes = StandingChange.objects.filter(program=program, ladder__code=ladder)
    for change in changes.select_related("member").order_by("id"):
        wall = f"{change.at.astimezone(program.zone):%Y-%m-%d %H:%M}"
        move = (wall, change.to_tier or None, change.cause, change.source_id)
        moves.setdefault(change.member.external_id, []).append(move)
    return moves


def by_hand(table, program, members, *, before):
    """Return what a table says of these members now; `before` is what they begin with."""
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
