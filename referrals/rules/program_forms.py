"""Read referral programs in the program file's form, every mistake with its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.periods import Period
from loyalty.rules.forms import Form
from loyalty.rules.gives import Gives, Offer, read_gives
from loyalty.rules.limits import SPANS
from loyalty.rules.paying import read_point_type
from loyalty.rules.rewards import VoucherTerms
from referrals.rules.attribution import MODELS, Attribution
from referrals.rules.fraud import WEIGHTS, FraudTerms
from referrals.rules.payouts import Budget, Cap, Gift, Milestone
from referrals.rules.qualification import Asked

MONTH = Period(30, "day")
NO_HOLD = Period(0, "day")

CAP_SPANS = SPANS[1:]
MOST_MILESTONES = 50
MOST_WEIGHT = 1000

_EVENT = re.compile(r"[a-z][a-z0-9_.-]{0,59}")
# What the engine states itself, and what never qualifies anybody.
_NO_QUALIFIERS = ("refund", "birthday", "anniversary")

ReadSide = tuple[Gift, VoucherTerms] | None


@dataclass(frozen=True, slots=True)
class ProgramReader:
    """Reads referral programs by the program's currency and point types."""

    offer: Offer

    def read(self, form: Form) -> dict[str, Any]:
        """Return all of a program but its name, after noting what is wrong with it."""
        asked = self._asked(form)
        advocate = form.sub("advocate")
        friend = form.sub("friend")
        at_claim = friend is not None and _at_claim(friend)
        cap = _cap(advocate) if advocate is not None else None
        terms = {
            "attribution": _attribution(form),
            "asked": asked,
            "hold": form.period("hold", NO_HOLD) or NO_HOLD,
            "expires": _expires(form),
            "advocate": self._side(advocate, asked),
            "friend": self._side(friend, asked, at_claim=at_claim),
            "friend_at_claim": at_claim,
            "cap": cap,
            "milestones": self._milestones(form),
            "budget": self._budget(form),
            "keeps": form.choice("on_reversal", ("recount", "keep"), "recount") == "keep",
            "fraud": _fraud(form),
        }
        if advocate is None and friend is None and not terms["milestones"]:
            form.refuse(None, "required", "say what the advocate or the friend is given")
        form.finish()
        return terms

    def _asked(self, form: Form) -> Asked:
        qualify = form.sub("qualify")
        if qualify is None:
            return Asked()
        on = qualify.text("on", longest=60) or "order"
        if not _EVENT.fullmatch(on) or on in _NO_QUALIFIERS:
            detail = f"expected order, signup or an event type of your own, not {on!r}"
            qualify.refuse("on", "not_a_choice", detail)
        minimum = qualify.money("minimum", self.offer.currency) or 0
        first_only = qualify.flag("first_only", False)
        if on != "order":
            qualify.forbid(("minimum",), f"is for orders; this one qualifies on {on}")
            if first_only:
                detail = f"'first_only' is for orders; this one qualifies on {on}"
                qualify.refuse("first_only", "not_here", detail)
        qualify.finish()
        return Asked(on, minimum, first_only)

    def _side(self, form: Form | None, asked: Asked, *, at_claim: bool = False) -> ReadSide:
        if form is None:
            return None
        gift = self._gift(form)
        voucher = _voucher(form, gift)
        form.finish()
        if gift is None:
            return None
        if gift.per and (asked.on != "order" or at_claim):
            why = "at the claim" if at_claim else f"on {asked.on}"
            detail = f"there is no order {why} whose amount could count"
            Form(form.take("gives"), form.at("gives"), form.problems).refuse(
                "per", "not_here", detail
            )
        return gift, voucher

    def _gift(self, form: Form) -> Gift | None:
        if not form.require("gives"):
            form.take("gives")
            return None
        value = form.take("gives")
        gives = Form(value, form.at("gives"), form.problems)
        if isinstance(value, Mapping) and value.get("per") is not None:
            return self._gift_by_amount(gives)
        fixed = _not_pay(gives, read_gives(gives, self.offer))
        return None if fixed is None else Gift(fixed)

    def _gift_by_amount(self, form: Form) -> Gift:
        form.require("points")
        points = form.whole("points", 1, least=1)
        per = form.money("per", self.offer.currency)
        if per == 0:
            form.refuse("per", "out_of_range", "expected an amount above 0")
        code = read_point_type(form, self.offer.point_types)
        form.finish()
        return Gift(points=points, per=per or 1, point_type=code)

    def _milestones(self, form: Form) -> tuple[Milestone, ...]:
        found = [self._milestone(code, each) for code, each in form.subs("milestones")]
        if len(found) > MOST_MILESTONES:
            form.refuse("milestones", "too_many", f"at most {MOST_MILESTONES} milestones")
        return tuple(milestone for milestone in found if milestone is not None)

    def _milestone(self, code: str, form: Form) -> Milestone | None:
        given = [key for key in ("at", "every") if key in form]
        numbers = {key: form.whole(key, 1, least=1, most=1_000_000) for key in given}
        form.take("at")
        form.take("every")
        gives = None
        if form.require("gives"):
            below = Form(form.take("gives"), form.at("gives"), form.problems)
            gives = _not_pay(below, read_gives(below, self.offer))
        form.finish()
        if len(given) != 1:
            form.refuse(None, "one_of", "a milestone is either at a number or every so many")
            return None
        if gives is None:
            return None
        return Milestone(code, gives, numbers[given[0]], repeats=given[0] == "every")

    def _budget(self, form: Form) -> Budget:
        budget = form.sub("budget")
        if budget is None:
            return Budget()
        points = budget.whole("points") if "points" in budget else None
        budget.take("points")
        money = budget.money("money", self.offer.currency)
        budget.finish()
        return Budget(points, money)


def _not_pay(form: Form, gives: Gives | None) -> Gives | None:
    if gives is not None and gives.kind == "pay":
        form.refuse("pay", "not_here", "paying with points is a reward, not a gift")
        return None
    return gives


def _attribution(form: Form) -> Attribution:
    attribution = form.sub("attribution")
    if attribution is None:
        return Attribution(MODELS[0], MONTH)
    model = attribution.choice("model", MODELS, MODELS[0])
    window = _positive(attribution, "window") or MONTH
    attribution.finish()
    return Attribution(model, window)


def _expires(form: Form) -> Period | None:
    return _positive(form, "expires")


def _positive(form: Form, key: str) -> Period | None:
    period = form.period(key)
    if period is not None and not period.count:
        form.refuse(key, "out_of_range", "expected a period longer than nothing")
        return None
    return period


def _at_claim(form: Form) -> bool:
    return form.choice("at", ("qualify", "claim"), "qualify") == "claim"


def _cap(form: Form) -> Cap | None:
    cap = form.sub("cap")
    if cap is None:
        return None
    cap.require("times")
    cap.require("per")
    times = cap.whole("times", 1, least=1)
    per = cap.choice("per", CAP_SPANS, "lifetime")
    cap.finish()
    return Cap(times, per)


def _voucher(form: Form, gift: Gift | None) -> VoucherTerms:
    voucher = form.sub("voucher")
    if voucher is None:
        return VoucherTerms()
    if gift is not None and not (gift.gives is not None and gift.gives.yields_voucher):
        form.refuse("voucher", "not_here", "what is given yields no code")
    terms = VoucherTerms(
        valid=_positive(voucher, "valid"),
        uses=voucher.whole("uses", 1, least=1, most=1_000_000),
        prefix=_prefix(voucher),
    )
    voucher.finish()
    return terms


def _prefix(form: Form) -> str:
    prefix = form.text("prefix", longest=12) or ""
    if prefix and not (prefix.isascii() and prefix.isalnum()):
        form.refuse("prefix", "wrong_type", "expected letters a-z and digits")
    return prefix.upper()


def _fraud(form: Form) -> FraudTerms:
    fraud = form.sub("fraud")
    if fraud is None:
        return FraudTerms()
    review_at = fraud.whole("review_at", FraudTerms().review_at, least=1)
    block_at = fraud.whole("block_at", max(FraudTerms().block_at, review_at), least=1)
    if block_at < review_at:
        detail = "what is blocked would never come up for review"
        fraud.refuse("block_at", "out_of_order", detail)
    weights = dict(WEIGHTS)
    given = fraud.sub("weights")
    if given is not None:
        for word in WEIGHTS:
            weights[word] = given.whole(word, WEIGHTS[word], most=MOST_WEIGHT)
        given.finish()
    shadow = fraud.flag("shadow", False)
    fraud.finish()
    return FraudTerms(review_at, block_at, weights, shadow=shadow)
