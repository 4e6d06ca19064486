"""What an order should earn, by the book and with fractions: slow, plain, apart.

It shares no arithmetic with the rules: sharing, rounding, refunds, bases, awards
and multipliers are written down again from their definitions.
"""

from fractions import Fraction
from math import floor

DEFAULT_BASE = dict.fromkeys(
    ["tax", "shipping", "points_paid", "gift_cards_paid", "gift_card_products"], False
)


def half_up(amount):
    return floor(amount + Fraction(1, 2))


def rounded(amount, how):
    low = floor(amount)
    middle = amount - low == Fraction(1, 2)
    return {
        "floor": low,
        "ceil": low if amount == low else low + 1,
        "half_up": half_up(amount),
        "half_even": low + low % 2 if middle else half_up(amount),
    }[how]


def shared(total, weights):
    """Share by largest remainder, ties to the earlier."""
    if not sum(weights):
        return [total] + [0] * (len(weights) - 1)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [floor(part) for part in exact]
    while sum(parts) < total:
        behind = [part - given for part, given in zip(exact, parts, strict=True)]
        parts[behind.index(max(behind))] += 1
    return parts


def lines_of(body, refunds):
    """Return each line as it stands, and shipping last."""
    lines = body["lines"]
    gross = [line["quantity"] * line["unit_price"] - line["discount"] for line in lines]
    nets = [g - d for g, d in zip(gross, shared(body["discount"], gross), strict=True)]
    weights = [*gross, body["shipping"]]
    taxes = taxes_of(body, weights)
    points = shared(body["paid_with_points"], weights)
    cards = shared(body["paid_with_gift_cards"], weights)
    left = left_of(body, nets, refunds)
    shipping = max(body["shipping"] - body["refunded_shipping"], 0)
    left.append((shipping, 1 if any(units for _, units in left) else 0))
    stated = [*lines, {"quantity": 1, "gift_card": False, "categories": []}]
    standing = []
    for i, (line, (money, units)) in enumerate(zip(stated, left, strict=True)):
        whole = (*nets, body["shipping"])[i]
        kept = Fraction(money, whole) if whole else Fraction(units, line["quantity"])
        tax = half_up(taxes[i] * kept)
        # Had nothing been taken off the whole order, its tax had been in proportion.
        full = half_up(Fraction(taxes[i] * weights[i], whole)) if whole else taxes[i]
        full_tax = half_up(full * kept)
        included, full_included = (tax, full_tax) if body["tax_included"] else (0, 0)
        standing.append(
            {
                "category": (line["categories"] or [""])[0],
                "gift_card": line["gift_card"],
                "units": units,
                "amount": max(money - included, 0),
                "undiscounted": max(half_up(weights[i] * kept) - full_included, 0),
                "full_tax": full_tax,
                "tax": tax,
                "paid": (half_up(points[i] * kept), half_up(cards[i] * kept)),
            }
        )
    return standing


def taxes_of(body, weights):
    own = [line["tax"] for line in body["lines"]] + [None]
    rest = body["tax"] - sum(tax or 0 for tax in own)
    if all(tax is None for tax in own):
        return shared(body["tax"], weights)
    open_weights = [0 if tax is not None else w for tax, w in zip(own, weights, strict=True)]
    if not sum(open_weights):
        return [*(tax or 0 for tax in own[:-1]), max(rest, 0)]
    parts = shared(max(rest, 0), open_weights)
    return [part if tax is None else tax for tax, part in zip(own, parts, strict=True)]


def left_of(body, nets, refunds):
    """Return (money, units) left of each line."""
    left = []
    for line, net in zip(body["lines"], nets, strict=True):
        quantity, stated = line["quantity"], line["refunded_quantity"]
        posted = sum(
            part["quantity"] for r in refunds for part in r["lines"] if part["id"] == line["id"]
        )

        def worth(units, net=net, quantity=quantity):
            return half_up(Fraction(net * min(units, quantity), quantity))

        first = line["refunded_amount"]
        first = worth(stated) if first is None else min(first, net)
        back = min(first + worth(stated + posted) - worth(stated), net)
        left.append((net - back, max(quantity - stated - posted, 0)))
    asked = body["refunded_amount"] + sum(r["amount"] for r in refunds)
    money = [m for m, _ in left]
    if sum(money):
        off = shared(min(asked, sum(money)), money)
        left = [(m - o, units) for (m, units), o in zip(left, off, strict=True)]
    return [
        (m, 0 if net and not m else units) for (m, units), net in zip(left, nets, strict=True)
    ]


def base_of(rule, line):
    switches = DEFAULT_BASE | rule.get("base", {})
    if line["gift_card"] and not switches["gift_card_products"]:
        return 0
    base, tax = line["amount"], line["tax"]
    if rule.get("order_discounts") == "ignore":
        base, tax = line["undiscounted"], line["full_tax"]
    base += tax if switches["tax"] else 0
    base -= 0 if switches["points_paid"] else line["paid"][0]
    base -= 0 if switches["gift_cards_paid"] else line["paid"][1]
    return max(base, 0)


def counts(rule, line):
    return rule.get("lines") in (None, f'line.category == "{line["category"]}"')


def has_goods(rule, line):
    cards_count = rule.get("base", {}).get("gift_card_products", False)
    return counts(rule, line) and line["units"] and (cards_count or not line["gift_card"])


def cents(text):
    return int(Fraction(text) * 100)


def measured(award, amount):
    """Return the points for an amount of money or a number of units."""
    if "bands" in award:
        bands = award["bands"]
        ends = [cents(band["from"]) for band in bands[1:]] + [amount]
        return sum(
            Fraction(max(min(end, amount) - cents(band["from"]), 0), cents(band["per"]))
            * Fraction(band["points"])
            for band, end in zip(bands, ends, strict=True)
        )
    points = Fraction(award["points"])
    if "per_item" in award:
        return points * amount
    steps = Fraction(amount, cents(award["per"]))
    return points * (floor(steps) if award.get("whole_steps") else steps)


def factor_of(multipliers, bonuses, line):
    """Return by how much a line is multiplied; None is what belongs to no line."""
    acting = [m for m in multipliers if m.get("lines") is None or (line and counts(m, line))]
    groups = {m.get("group") or id(m): [] for m in acting}
    for m in acting:
        groups[m.get("group") or id(m)].append(Fraction(m["multiply"]))
    extras = [max(group) - 1 for group in groups.values()]
    return max(1 + sum(extras) + sum(Fraction(bonus) - 1 for bonus in bonuses), 0)


def points_of(rule, standing, before, multipliers, bonuses):
    """Return what one rule gives, before groups and exclusive rules."""
    *lines, shipping = standing
    award = rule["award"]
    if not any(has_goods(rule, line) for line in lines):
        return 0
    takes = rule.get("multipliers", "per" in award or "per_item" in award or "bands" in award)
    multipliers = multipliers if takes else []
    bonuses = bonuses if takes and rule.get("tier_multiplier", True) else []
    factors = [factor_of(multipliers, bonuses, line) for line in lines]
    whole = factor_of(multipliers, bonuses, None)
    how, first = rule.get("rounding", "floor"), rule.get("round_base")

    def final(points, factor):
        points = Fraction(points) if first is None else rounded(Fraction(points), first)
        return rounded(points * factor, how)

    if not {"per", "per_item", "bands"} & award.keys():
        points = Fraction(award["points"])
        if award.get("on_partial_refund") == "prorate" and (base := total(rule, before)):
            points *= min(Fraction(total(rule, standing), base), 1)
        return final(points, whole)
    weights = [
        0 if not counts(rule, line)
        else base_of(rule, line) if "per_item" not in award
        else line["units"] if has_goods(rule, line)
        else 0
        for line in lines
    ]  # fmt: skip
    counts_shipping = "per_item" not in award and rule.get("base", {}).get("shipping")
    weights.append(base_of(rule, shipping) if counts_shipping else 0)
    factors.append(whole)
    if rule.get("round_per") == "line":
        pairs = zip(weights, factors, strict=True)
        return sum(final(measured(award, weight), factor) for weight, factor in pairs)
    average = Fraction(whole)
    if sum(weights):
        average = sum(w * f for w, f in zip(weights, factors, strict=True)) / sum(weights)
    return final(measured(award, sum(weights)), average)


def total(rule, standing):
    *lines, shipping = standing
    base = sum(base_of(rule, line) for line in lines if counts(rule, line))
    return base + (base_of(rule, shipping) if rule.get("base", {}).get("shipping") else 0)


def earned(rules, body, refunds, bonuses):
    """Return what each rule gives an order, in the end."""
    untouched = {"refunded_quantity": 0, "refunded_amount": None}
    clean = body | {
        "lines": [line | untouched for line in body["lines"]],
        "refunded_amount": 0,
        "refunded_shipping": 0,
    }
    standing, before = lines_of(body, refunds), lines_of(clean, [])
    multipliers = [
        rule
        for rule in rules.values()
        if "multiply" in rule
        if rule.get("lines") is None
        or any(counts(rule, line) and line["units"] for line in standing[:-1])
    ]
    awards = {code: rule for code, rule in rules.items() if "award" in rule}
    asked = sorted(
        awards,
        key=lambda code: (
            -awards[code].get("priority", 0),
            not awards[code].get("exclusive", False),
            code,
        ),
    )
    points = {
        code: points_of(awards[code], standing, before, multipliers, bonuses) for code in asked
    }
    return settled(asked, awards, points)


def settled(asked, rules, points):
    """Silence and beat: what each rule gives after the others had their say."""
    for place, code in enumerate(asked):
        group = rules[code].get("group")
        rivals = [c for c in asked[:place] if group and rules[c].get("group") == group]
        best = max((points[rival] for rival in rivals), default=0)
        if not points[code]:
            continue
        if points[code] <= best:
            points[code] = 0
            continue
        for rival in rivals:
            points[rival] = 0
        if rules[code].get("exclusive"):
            for later in asked[place + 1 :]:
                points[later] = 0
    return points
