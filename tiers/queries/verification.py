"""Members' sums by day against the orders and events that they add up."""

from collections.abc import Iterator

from loyalty.models import Member, Program
from loyalty.queries.setup import Setup, setup_of
from loyalty.queries.verification import Finding, at_one_moment
from tiers.queries.days import differing, sums_kept, sums_stated

# So many members are read at one moment: their days fit into memory.
CHUNK = 500


def tier_findings(program: Program) -> Iterator[Finding]:
    """Yield every sum of a day that is not what the orders and points of the day come to.

    Reads only, in memory that does not grow with the number of members.
    """
    setup = setup_of(program)
    members = Member.objects.filter(program=program).order_by("pk")
    after = 0
    while True:
        with at_one_moment():
            named = dict(members.filter(pk__gt=after).values_list("pk", "external_id")[:CHUNK])
            if not named:
                return
            after = max(named)
            yield from _findings(setup, named, program.slug)


def _findings(setup: Setup, named: dict[int, str], program: str) -> Iterator[Finding]:
    stated, kept = sums_stated(setup, list(named)), sums_kept(list(named))
    for (member_id, day), (now, was) in differing(stated.orders, kept.orders).items():
        where = f"{program}, member {named[member_id]}, {day}"
        for what, expected, found in zip(("spend", "orders"), now, was, strict=True):
            if expected != found:
                yield Finding(where, f"{what} (of that day's orders)", expected, found)
    codes = {each.id: code for code, each in setup.point_types.items()}
    for (member_id, number, day), (now, was) in differing(stated.points, kept.points).items():
        where = f"{program}, member {named[member_id]}, {day}, {codes[number]}"
        for what, expected, found in zip(("earned", "released"), now, was, strict=True):
            if expected != found:
                yield Finding(where, f"{what} (of that day's facts)", expected, found)
