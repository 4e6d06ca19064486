"""What a survivor takes over of the merged member's addresses and particulars."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.crypto import salted_hmac

from loyalty.models import ConsentChange, Member

ADDRESSES = ("email", "phone", "card")
DAYS = ("birthday", "born_on")
PARTICULARS = ("name", *DAYS, "locale", "timezone")
MAPPINGS = ("attributes", "consents")


def take_identity(merged: Member, survivor: Member) -> dict[str, Any]:
    """Give the survivor what it lacks, and close the merged member.

    An address moves, since nobody else may have it; one that both have stays where
    it is, and leads to the survivor from there. Returns what was taken, without
    saying what it was.
    """
    addresses = [name for name in ADDRESSES if _lacks(survivor, merged, name)]
    particulars = [name for name in PARTICULARS if _lacks(survivor, merged, name)]
    taken = {name: getattr(merged, name) for name in addresses}
    Member.objects.filter(pk=merged.pk).update(
        status=Member.Status.CLOSED, **dict.fromkeys(addresses)
    )
    for name in particulars:
        setattr(survivor, name, getattr(merged, name))
    for name, address in taken.items():
        setattr(survivor, name, address)
    if "birthday" in particulars:
        # On file for as long as it was, and celebrated as far.
        survivor.birthday_known_since = merged.birthday_known_since
        stated = [one.celebrated_until for one in (survivor, merged) if one.celebrated_until]
        survivor.celebrated_until = max(stated, default=None)
    mappings = {name: _take_over_mapping(merged, survivor, name) for name in MAPPINGS}
    fields = [*particulars, *addresses, "birthday_known_since", "celebrated_until"]
    survivor.save(update_fields=[*fields, *MAPPINGS])
    return {
        "addresses": {name: _digest(address) for name, address in taken.items()},
        "particulars": particulars,
        **mappings,
    }


def give_back_identity(
    merged: Member, survivor: Member, taken: dict[str, Any], *, at: datetime
) -> None:
    """Take from the survivor again what it had taken over, unless it changed since."""
    addresses = {
        name: getattr(survivor, name)
        for name, digest in taken["addresses"].items()
        if getattr(survivor, name) and _digest(getattr(survivor, name)) == digest
    }
    particulars = [
        name
        for name in taken["particulars"]
        if getattr(survivor, name) == getattr(merged, name)
    ]
    for name in addresses:
        setattr(survivor, name, None)
    for name in particulars:
        setattr(survivor, name, None if name in DAYS else "")
    if "birthday" in particulars:
        survivor.birthday_known_since = None
    for name in MAPPINGS:
        _give_back_mapping(merged, survivor, name, taken.get(name, ()))
    fields = [*addresses, *particulars, "birthday_known_since"]
    survivor.save(update_fields=[*fields, *MAPPINGS])
    for name, address in addresses.items():
        setattr(merged, name, address)
    # What there was to celebrate meanwhile was the survivor's.
    merged.celebrated_until = max(at, merged.celebrated_until or at)
    merged.save(update_fields=[*addresses, "celebrated_until"])


def _take_over_mapping(merged: Member, survivor: Member, name: str) -> list[str]:
    """Give the survivor what it does not say itself; return what that was."""
    theirs, own = getattr(merged, name), getattr(survivor, name)
    setattr(survivor, name, theirs | own)
    return [key for key in theirs if key not in own]


def _give_back_mapping(
    merged: Member, survivor: Member, name: str, keys: Sequence[str]
) -> None:
    """Take from the survivor what it has taken over and not said itself since."""
    theirs, own = getattr(merged, name), getattr(survivor, name)
    gone = {key for key in keys if own.get(key) == theirs.get(key)}
    if name == "consents" and gone:
        said = ConsentChange.objects.filter(member=survivor, topic__in=gone)
        gone -= set(said.values_list("topic", flat=True))
    setattr(survivor, name, {key: value for key, value in own.items() if key not in gone})


def _lacks(survivor: Member, merged: Member, name: str) -> bool:
    return bool(getattr(merged, name)) and not getattr(survivor, name)


def _digest(address: str) -> str:
    """Return what tells whether an address is the same, and not which it is."""
    return salted_hmac("perennial.merge", address, algorithm="sha256").hexdigest()
