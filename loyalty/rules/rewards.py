"""Rewards, compiled from the program file's form: price, gift, windows, gates, limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import DomainError, Problem
from core.expressions import Expression, ExpressionError, compile_expression
from core.periods import Period, parse_moment
from loyalty.rules.fields import Tiers, member_schema
from loyalty.rules.filters import Scope
from loyalty.rules.forms import Form, raise_if_any
from loyalty.rules.gives import Gives, Offer, gives_of, read_gives
from loyalty.rules.limits import Limit, read_redemption_limits
from loyalty.rules.paying import (
    PayTerms,
    PointTypeFace,
    Quote,
    faces_of,
    quote_payment,
    refuse_unknown,
)

__all__ = [
    "ALWAYS",
    "CompiledReward",
    "Gives",
    "PayTerms",
    "PointTypeFace",
    "Quote",
    "VoucherTerms",
    "Window",
    "compile_reward",
    "compile_rewards",
    "faces_of",
    "gives_of",
    "quote_payment",
]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time; an end that is None is open. `ends_at` is exclusive."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def __contains__(self, at: datetime) -> bool:
        begun = self.starts_at is None or self.starts_at <= at
        return begun and (self.ends_at is None or at < self.ends_at)


ALWAYS = Window()


@dataclass(frozen=True, slots=True)
class VoucherTerms:
    """What the code of a redemption is like. `valid` None has no end.

    `from_pool` takes codes that were imported for the reward.
    """

    valid: Period | None = None
    uses: int = 1
    prefix: str = ""
    from_pool: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CompiledReward:
    """A reward, ready to be asked for. Immutable; share it freely.

    `cost` has points by point type, any one of which pays; it is empty for
    rewards that pay at the checkout. `when` None lets everybody have it. `id` is
    that of its row, where it has one; `voucher` None yields no code. `is_stocked`
    says that there are only so many, not how many are left.
    """

    code: str
    name: str
    cost: Mapping[str, int]
    gives: Gives
    visible: Window = ALWAYS
    redeemable: Window = ALWAYS
    when: Expression | None = field(default=None, repr=False)
    limits: tuple[Limit, ...] = ()
    several_per_order: bool = False
    voucher: VoucherTerms | None = None
    is_stocked: bool = False
    id: int | None = None

    def why_not_offered(self, at: datetime, member: Mapping[str, Any]) -> str | None:
        """Return why a member, of whom these facts are known, may not have it now."""
        if at not in self.redeemable:
            return "not_redeemable"
        scope: Scope = {"member": member}
        return None if self.when is None or self.when(scope) else "not_eligible"

    def limit_reached(self, used: Sequence[tuple[int, int]], points: int) -> Limit | None:
        """Return the first limit that leaves no room for so many points more, if any.

        `used` tells, for each limit, the points and times used of it so far.
        """
        for limit, (points_used, times_used) in zip(self.limits, used, strict=True):
            room = limit.room(points_used, times_used)
            if room is not None and room < points:
                return limit
        return None


def compile_reward(
    code: str,
    form: Mapping[str, Any],
    *,
    zone: ZoneInfo,
    currency: str,
    point_types: Mapping[str, PointTypeFace],
    tiers: Tiers | None = None,
) -> CompiledReward:
    """Return the reward that `form` says, in the program file's form.

    The first spendable of `point_types` stands where none is named. Conditions may ask
    for any of `tiers`, or for what they like where those are not given.

    :raises InvalidInput: with a pointer into `form` for everything wrong
    """
    problems: list[Problem] = []
    reader = _Reader(zone, Offer(currency, point_types, tiers))
    reward = reader.read(code, Form(form, "", problems))
    raise_if_any(problems)
    if reward is None:
        raise ValueError("a form without a problem is a reward")
    return reward


def compile_rewards(
    forms: Mapping[str, Mapping[str, Any]],
    *,
    zone: ZoneInfo,
    currency: str,
    point_types: Mapping[str, PointTypeFace],
    tiers: Tiers | None = None,
) -> dict[str, CompiledReward]:
    """Return the rewards of a program by code, in their order; `tiers` likewise.

    :raises InvalidInput: with a pointer, from /rewards on, for everything wrong
    """
    problems: list[Problem] = []
    reader = _Reader(zone, Offer(currency, point_types, tiers))
    entries = Form({"rewards": forms}, "", problems).subs("rewards")
    read = {code: reader.read(code, form) for code, form in entries}
    raise_if_any(problems)
    return {code: reward for code, reward in read.items() if reward is not None}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads rewards, every mistake with its place."""

    zone: ZoneInfo
    offer: Offer

    def read(self, code: str, form: Form) -> CompiledReward | None:
        name = form.text("name", longest=120) or code
        gives = self._read_gives(form)
        cost = self._read_cost(form, gives)
        visible = self._read_window(form, "visible", ALWAYS)
        redeemable = self._read_window(form, "redeemable", visible)
        when, limits = _read_when(form, self.offer.tiers), read_redemption_limits(form)
        several_per_order = form.flag("several_per_order", False)
        voucher = _read_voucher(form, gives)
        is_stocked = _read_stock(form, gives)
        form.finish()
        if gives is None:
            return None
        return CompiledReward(
            code=code,
            name=name,
            cost=cost,
            gives=gives,
            visible=visible,
            redeemable=redeemable,
            when=when,
            limits=limits,
            several_per_order=several_per_order,
            voucher=voucher,
            is_stocked=is_stocked,
        )

    def _read_gives(self, form: Form) -> Gives | None:
        if not form.require("gives"):
            form.take("gives")
            return None
        return read_gives(Form(form.take("gives"), form.at("gives"), form.problems), self.offer)

    def _read_cost(self, form: Form, gives: Gives | None) -> dict[str, int]:
        """Return the prices, after noting those that nobody could or should pay."""
        cost = form.sub("cost")
        if _pays(form):
            if cost is not None:
                detail = "a reward that pays takes the points that are paid; it has no cost"
                form.refuse("cost", "not_here", detail)
            return {}
        if cost is None or not cost.given():
            form.refuse("cost", "required", "say what it costs, as {points: 100}")
            return {}
        prices = {code: cost.whole(code, 1, least=1) for code in cost.given()}
        cost.finish()
        for code, price in prices.items():
            self._check_price(cost, code, price, gives)
        return prices

    def _check_price(self, cost: Form, code: str, price: int, gives: Gives | None) -> None:
        point_types = self.offer.point_types
        refuse_unknown(cost, code, code, point_types)
        face = point_types.get(code)
        if face is None:
            return
        if not face.is_spendable:
            cost.refuse(code, "not_spendable", f"{code} only count for tiers")
        if face.max_balance is not None and price > face.max_balance:
            detail = f"nobody can pay {price}: members have at most {face.max_balance}"
            cost.refuse(code, "out_of_range", detail)
        if gives is not None and gives.kind == "points" and gives.point_type == code:
            detail = f"it gives {code} itself; points are given of another type"
            cost.refuse(code, "same_point_type", detail)

    def _read_window(self, form: Form, key: str, otherwise: Window) -> Window:
        window = form.sub(key)
        if window is None:
            return otherwise
        starts_at = self._moment(window, "from") or otherwise.starts_at
        ends_at = self._moment(window, "until") or otherwise.ends_at
        window.finish()
        if starts_at and ends_at and ends_at <= starts_at:
            place = "until" if "until" in window else "from"
            window.refuse(place, "out_of_order", "the window ends before it begins")
        return Window(starts_at, ends_at)

    def _moment(self, form: Form, key: str) -> datetime | None:
        value = form.take(key)
        if value is None:
            return None
        try:
            return parse_moment(value, self.zone)
        except DomainError as error:
            form.adopt(key, error)
            return None


def _pays(form: Form) -> bool:
    gives = form.take("gives")
    return isinstance(gives, Mapping) and gives.get("pay") is not None


def _read_when(form: Form, tiers: Tiers | None) -> Expression | None:
    source = form.text("when")
    if source is None:
        return None
    try:
        return compile_expression(source, member_schema(tiers))
    except ExpressionError as error:
        form.problems.append(error.problem(form.at("when")))
        return None


def _read_voucher(form: Form, gives: Gives | None) -> VoucherTerms | None:
    voucher = form.sub("voucher")
    if voucher is None:
        return VoucherTerms() if gives is not None and gives.yields_voucher else None
    if gives is not None and not gives.yields_voucher:
        form.refuse("voucher", "not_here", f"{gives.kind} yields no code")
    valid = voucher.period("valid")
    if valid is not None and not valid.count:
        voucher.refuse("valid", "out_of_range", "expected a period longer than nothing")
    terms = VoucherTerms(
        valid=valid,
        uses=voucher.whole("uses", 1, least=1, most=1_000_000),
        prefix=_read_prefix(voucher),
        from_pool=voucher.choice("codes", ("generated", "pool"), "generated") == "pool",
    )
    voucher.finish()
    if terms.from_pool and terms.uses > 1:
        voucher.refuse("uses", "not_here", "each code of a pool is used once")
    if terms.from_pool and terms.prefix:
        voucher.refuse("prefix", "not_here", "the codes of a pool are as they were imported")
    return terms


def _read_prefix(form: Form) -> str:
    prefix = form.text("prefix", longest=12) or ""
    if prefix and not (prefix.isascii() and prefix.isalnum()):
        form.refuse("prefix", "wrong_type", "expected letters a-z and digits")
    return prefix.upper()


def _read_stock(form: Form, gives: Gives | None) -> bool:
    """Check the stock, and say whether there is one.

    It is kept with the row: how much is taken changes all the time.
    """
    form.whole("stock")
    if gives is not None and gives.kind == "pay" and "stock" in form:
        form.refuse("stock", "not_here", "paying with points takes nothing from a stock")
    return "stock" in form
