"""Takes a town through the real claims, and says how right what came of it is.

Precision is how many of those that were told are fraud, recall how much of all fraud was
told: as percentages, with the numbers that they come from.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.management import call_command
from django.db import transaction

from core.errors import DomainError
from loyalty.models import Program
from referrals.models import Referral
from referrals.rules.fraud import OF_THE_ADDRESS, WEIGHTS
from referrals.services.agreeing import settle_due
from referrals.services.claims import ClaimRequest, claim_friend
from tests.factories import make_member, state_order
from tests.referrals.factories import code_of, make_referrals
from tests.referrals.people import Introduction, make_town

SEED, SIZE = 2026, 2


@dataclass(frozen=True, slots=True)
class Judged:
    """What was made of an introduction: allow, review or block, and for which reasons."""

    introduction: Introduction
    outcome: str
    reasons: Sequence[str]

    @property
    def is_told(self) -> bool:
        return self.outcome != "allow"

    @property
    def is_of_the_address_alone(self) -> bool:
        return bool(self.reasons) and OF_THE_ADDRESS.issuperset(self.reasons)


def judge_town(introductions: Iterable[Introduction]) -> list[Judged]:
    """Let it all happen: each friend is claimed, enrols and orders, and two weeks go by.

    What is found before then comes in time, since nobody was paid.
    """
    program = make_referrals(qualify={"on": "order", "minimum": "20.00"}, hold="14 days")
    codes: dict[str, str] = {}
    made = []
    for one in introductions:
        _pay(program, one.at)
        made.append((one, _live(program, one, codes)))
        last = one.at
    if made:
        _pay(program, last + timedelta(days=15))
    return [_judged(one, number) for one, number in made]


def _pay(program: Program, at: datetime) -> None:
    while settle_due(program=program, at=at):
        continue


def _live(program: Program, one: Introduction, codes: dict[str, str]) -> int | None:
    advocate, friend, at = one.advocate, one.friend, one.at
    if advocate.id not in codes:
        _enrol(program, one, is_advocate=True)
        member = program.member_set.get(external_id=advocate.id)
        codes[advocate.id] = code_of(member, at=at)
    request = ClaimRequest(
        code=codes[advocate.id],
        friend_id=friend.id,
        email=friend.email,
        phone=friend.phone,
        context=one.context,
    )
    try:
        number = claim_friend(program=program, request=request, at=at).pk
    except DomainError:
        return None
    with suppress(DomainError):
        # The very address of the advocate is refused by the shop itself.
        _enrol(program, one)
        state_order(program, f"o-{friend.id}", member=friend.id, amount=one.spends, at=at)
    return number


def _enrol(program: Program, one: Introduction, *, is_advocate: bool = False) -> None:
    who = one.advocate if is_advocate else one.friend
    given = {"name": who.name, "email": who.email, "phone": who.phone}
    make_member(program, who.id, at=one.at, **given)


def _judged(one: Introduction, number: int | None) -> Judged:
    if number is None:
        return Judged(one, "block", ("refused",))
    referral = Referral.objects.get(pk=number)
    return Judged(one, referral.outcome, tuple(referral.reasons))


def main() -> None:
    """Print the tables as Markdown, to be pasted into docs."""
    words = [int(word) for word in sys.argv[1:]]
    seed, size = [*words, *(SEED, SIZE)[len(words) :]]
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        judged = judge_town(make_town(seed=seed, size=size))
    print_tables(judged, seed)


def print_tables(judged: Sequence[Judged], seed: int) -> None:
    fraud = sum(one.introduction.is_fraud for one in judged)
    print(f"\nSeed {seed}: {len(judged):,} claims, {fraud:,} of them fraud\n")
    print("| who | claims | allowed | reviewed | blocked |\n|---|---|---|---|---|")
    for scene in dict.fromkeys(one.introduction.scene for one in _by_truth(judged)):
        of = [one for one in judged if one.introduction.scene == scene]
        counts = [sum(o.outcome == word for o in of) for word in ("allow", "review", "block")]
        print(f"| {scene} | {len(of)} | {' | '.join(map(str, counts))} |")
    print("\n| rule | told | of them fraud | precision | recall |\n|---|---|---|---|---|")
    for rule in WEIGHTS:
        _print_row(f"`{rule}`", judged, lambda one, rule=rule: rule in one.reasons)
    _print_row("**reviewed or blocked**", judged, lambda one: one.is_told)
    _print_row("**blocked**", judged, lambda one: one.outcome == "block")


def _by_truth(judged: Sequence[Judged]) -> list[Judged]:
    return sorted(judged, key=lambda o: (o.introduction.is_fraud, o.introduction.scene))


def _print_row(what: str, judged: Sequence[Judged], is_told: Callable[[Judged], bool]) -> None:
    told = [one.introduction.is_fraud for one in judged if is_told(one)]
    fraud = sum(one.introduction.is_fraud for one in judged)
    precision = f"{sum(told) / len(told):.0%}" if told else ""
    print(f"| {what} | {len(told)} | {sum(told)} | {precision} | {sum(told) / fraud:.0%} |")
