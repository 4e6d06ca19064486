"""Referral programs, compiled from the program file's form: who is given what, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Problem
from core.periods import Period, add_period
from loyalty.rules.forms import Form, raise_if_any
from loyalty.rules.gives import Offer
from loyalty.rules.paying import PointTypeFace
from loyalty.rules.rewards import VoucherTerms
from referrals.rules.attribution import Attribution
from referrals.rules.fraud import FraudTerms
from referrals.rules.payouts import Budget, Cap, Gift, Milestone
from referrals.rules.program_forms import ProgramReader
from referrals.rules.qualification import Asked

__all__ = ["CompiledReferrals", "Side", "compile_referral_program", "compile_referral_programs"]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What one of the two is given, and how its code is, where it gets one."""

    gift: Gift
    voucher: VoucherTerms


@dataclass(frozen=True, slots=True, eq=False)
class CompiledReferrals:
    """A referral program, ready to be judged by. Immutable; share it freely.

    A side that is None is given nothing. `expires` None has no end.
    """

    code: str
    name: str
    attribution: Attribution
    asked: Asked
    hold: Period
    expires: Period | None
    advocate: Side | None
    friend: Side | None
    friend_at_claim: bool
    cap: Cap | None
    milestones: Sequence[Milestone]
    budget: Budget
    keeps: bool
    fraud: FraudTerms

    def due_at(self, qualified_at: datetime, zone: ZoneInfo) -> datetime:
        """Return when the return window of what qualified has passed."""
        return add_period(qualified_at, self.hold, zone)

    def expires_at(self, claimed_at: datetime, zone: ZoneInfo) -> datetime | None:
        return add_period(claimed_at, self.expires, zone) if self.expires else None

    def hears(self, kind: str) -> bool:
        """Say whether facts of a kind can qualify a friend."""
        return self.asked.on == kind


def compile_referral_program(
    code: str,
    form: Mapping[str, Any],
    *,
    currency: str,
    point_types: Mapping[str, PointTypeFace],
) -> CompiledReferrals:
    """Return the referral program that `form` says, in the program file's form.

    :raises InvalidInput: with a pointer into `form` for everything wrong
    """
    problems: list[Problem] = []
    reader = ProgramReader(Offer(currency, point_types))
    compiled = _compile(reader, code, Form(form, "", problems))
    raise_if_any(problems)
    return compiled


def compile_referral_programs(
    forms: Mapping[str, Mapping[str, Any]],
    *,
    currency: str,
    point_types: Mapping[str, PointTypeFace],
) -> dict[str, CompiledReferrals]:
    """Return the referral programs of a program by code, in their order.

    :raises InvalidInput: with a pointer, from /referral_programs on, for everything wrong
    """
    problems: list[Problem] = []
    reader = ProgramReader(Offer(currency, point_types))
    entries = Form({"referral_programs": forms}, "", problems).subs("referral_programs")
    compiled = {code: _compile(reader, code, form) for code, form in entries}
    raise_if_any(problems)
    return compiled


def _compile(reader: ProgramReader, code: str, form: Form) -> CompiledReferrals:
    name = form.text("name", longest=120) or code
    read = reader.read(form)
    advocate, friend = (_side(read.pop(key)) for key in ("advocate", "friend"))
    return CompiledReferrals(code=code, name=name, advocate=advocate, friend=friend, **read)


def _side(read: tuple[Gift, VoucherTerms] | None) -> Side | None:
    return None if read is None else Side(*read)
