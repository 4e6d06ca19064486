"""Who a member is now: merged ids lead to the survivor, erased ones to nobody."""

from collections.abc import Iterable

from loyalty.models import Member, Merge, Program


def survivors_of(members: Iterable[Member]) -> dict[int, Member]:
    """Return who each merged member is now, by the number of the merged one.

    Members that were not merged are not in the answer. No query unless one of
    these is closed.
    """
    now = {member.pk: member for member in members if member.status == Member.Status.CLOSED}
    found: dict[int, Member] = {}
    while now:
        merges = Merge.objects.filter(merged__in={m.pk for m in now.values()}, undone_at=None)
        step = {merge.merged_id: merge.into for merge in merges.select_related("into")}
        now = {pk: step[member.pk] for pk, member in now.items() if member.pk in step}
        found |= now
    return found


def survivor_of(member: Member) -> Member:
    """Return who a member is now: itself, unless it was merged into another."""
    survivor = survivors_of([member]).get(member.pk, member)
    survivor.program = member.program
    return survivor


def member_of(program: Program, external_id: str) -> Member | None:
    """Return who is meant by a storefront's id: the survivor if it was merged.

    None if nobody has it, or the one who had it was erased.
    """
    member = Member.objects.filter(program=program, external_id=external_id).first()
    if member is None or member.status == Member.Status.ERASED:
        return None
    member.program = program
    return survivor_of(member)


def members_with(
    program: Program, *, email: str = "", phone: str = "", card: str = ""
) -> list[Member]:
    """Return who has all of these addresses that are given, merged ones as the survivor."""
    wanted = {"email": email, "phone": phone, "card": card}
    named = {name: value for name, value in wanted.items() if value}
    found = list(Member.objects.filter(program=program, **named).order_by("pk"))
    now = survivors_of(found)
    people = {one.pk: one for member in found for one in [now.get(member.pk, member)]}
    for member in people.values():
        member.program = program
    return list(people.values())


def kin_of(members: Iterable[Member]) -> dict[int, list[int]]:
    """Return the numbers of all who are each of these members now, itself the first."""
    kin = {member.pk: [member.pk] for member in members}
    newest = {pk: pk for pk in kin}
    while newest:
        merges = Merge.objects.filter(into__in=newest, undone_at=None).order_by("pk")
        rows = list(merges.values_list("merged_id", "into_id"))
        newest = {merged: newest[into] for merged, into in rows}
        for merged, survivor in newest.items():
            kin[survivor].append(merged)
    return kin


def merged_into(member: Member) -> list[Member]:
    """Return everybody who is this member now, without the member itself."""
    family: list[Member] = []
    newest = [member]
    while newest:
        merges = Merge.objects.filter(into__in=[one.pk for one in newest], undone_at=None)
        newest = [merge.merged for merge in merges.select_related("merged").order_by("pk")]
        family += newest
    return family
