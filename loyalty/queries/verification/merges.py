"""Lifetimes that merges have moved: the one thing about a wallet that no entry tells."""

from collections import defaultdict

from django.db.models import Q

from loyalty.models import Merge, Wallet


def moved_lifetimes(program_id: int, first: int, last: int) -> dict[int, list[int]]:
    """Return what merges added to the lifetimes of wallets from `first` to `last`.

    What one wallet gained the other lost; what an undone merge left behind counts.
    """
    wallets = Wallet.objects.filter(program=program_id, pk__gte=first, pk__lte=last)
    members = wallets.order_by().values("member")
    merges = Merge.objects.filter(
        Q(merged__in=members) | Q(into__in=members), program=program_id
    ).values_list("merged_id", "into_id", "moved__lifetimes")
    by_owner: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for merged, into, lifetimes in merges:
        for point_type, points in (lifetimes or {}).items():
            for place, moved in enumerate(points):
                by_owner[merged, int(point_type)][place] -= moved
                by_owner[into, int(point_type)][place] += moved
    if not by_owner:
        return {}
    theirs = wallets.filter(member__in={member for member, _ in by_owner})
    rows = theirs.values_list("pk", "member_id", "point_type_id")
    return {
        wallet: by_owner[member, point_type]
        for wallet, member, point_type in rows
        if (member, point_type) in by_owner
    }
