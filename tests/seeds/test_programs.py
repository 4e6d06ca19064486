"""The ready-made programs: each loads, dumps, and does what its first lines say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.program_file import apply_program, dump_program, read_program
from loyalty.models import Program
from seeds.recompute import BULK_FROM, BULK_POINTS, CHRISTMAS_SKUS, CHRISTMAS_TIMES
from tests.factories import balance_of, make_member, refund_order, state_event, state_order

ROOT = Path(__file__).resolve().parents[2]
SEEDS = sorted((ROOT / "seeds").rglob("*.yaml"))
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)  # a Monday

pytestmark = pytest.mark.django_db


def load(path, *, at=NOON):
    file = read_program(path.read_bytes(), name=path.name)
    apply_program(file, at=at)
    return Program.objects.get(slug=file.slug)


def feature(name):
    return load(ROOT / "seeds" / "programs" / "features" / f"{name}.yaml")


def line(cents, *, category="", quantity=1, sku="A"):
    """Return a line of `quantity` units that cost `cents` in all."""
    categories = [category] if category else []
    unit = cents // quantity
    return {"sku": sku, "quantity": quantity, "unit_price": unit, "categories": categories}


def target(answer, point_type="points"):
    """Return what an order or event has earned in all, by its answer."""
    [points] = [p for p in answer.body["points"] if p["point_type"] == point_type]
    return points["target"]


def earned_by(program, *, at=NOON, point_type="points", **order):
    """Return the points that an order of a new member earns."""
    make_member(program, at=at)
    return target(state_order(program, at=at, **order), point_type)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_every_seed_loads_and_its_dump_changes_nothing(path):
    program = load(path)
    dump = dump_program(program)

    assert apply_program(read_program(dump), at=NOON) == []
    assert dump_program(program) == dump


def test_every_feature_has_a_slug_that_is_its_file_name():
    features = [path for path in SEEDS if path.parent.name == "features"]

    assert features
    for path in features:
        assert read_program(path.read_bytes()).slug == path.stem.replace("_", "-")


def test_the_gift_shop_has_the_rules_by_which_its_points_are_worked_out_again():
    rules = read_program((ROOT / "seeds/programs/gift_shop.yaml").read_bytes()).section(
        "earning_rules"
    )

    assert rules["christmas"]["lines"] == f"line.sku in {sorted(CHRISTMAS_SKUS)}".replace(
        "'", '"'
    )
    assert rules["christmas"]["multiply"] == CHRISTMAS_TIMES
    assert rules["bulk"]["when"] == f"order.subtotal >= {BULK_FROM}"
    assert rules["bulk"]["award"] == {"points": BULK_POINTS}


@pytest.mark.parametrize(
    ("name", "order", "points"),
    [
        ("award_by_amount", {"amount": 250}, 12),
        ("award_whole_steps", {"amount": 2999}, 20),
        ("award_fixed", {"amount": 2000}, 100),
        ("award_fixed", {"amount": 20000}, 100),
        ("award_fixed", {"amount": 1999}, 0),
        ("award_per_item", {"lines": [line(900, quantity=3)]}, 15),
        ("award_bands", {"amount": 12000}, 90),
        ("line_filter", {"lines": [line(800, category="coffee"), line(1200)]}, 8),
        ("base", {"amount": 2000, "tax": 380, "shipping": 490, "paid_with_points": 1435}, 28),
        ("order_discounts", {"amount": 2000, "discount": 500}, 20),
        ("rounding", {"lines": [line(150), line(150, sku="B")]}, 4),
        ("round_base", {"amount": 190}, 2),
        ("groups", {"amount": 3000}, 50),
        ("groups", {"amount": 2000}, 20),
        ("exclusive", {"amount": 9900, "coupons": ["STAFF"]}, 5),
        ("exclusive", {"amount": 9900}, 99),
        ("multipliers", {"lines": [line(1000, category="beans")]}, 23),
        ("multiplier_group", {"lines": [line(1000, category="coffee", sku="BLEND-7")]}, 30),
        ("limits_clip", {"amount": 13000}, 100),
        ("limits_program", {"amount": 100}, 100),
        ("expiry", {"amount": 2500, "coupons": ["SPRING"]}, 50),
    ],
)
def test_a_feature_gives_what_its_file_says(name, order, points):
    assert earned_by(feature(name), **order) == points


def test_weekend_multipliers_add_up_with_those_of_the_beans():
    saturday = NOON + timedelta(days=5)

    beans = [line(1000, category="beans")]
    assert earned_by(feature("multipliers"), at=saturday, lines=beans) == 28


def test_a_prorated_award_shrinks_with_a_refund():
    program = feature("award_prorate")
    make_member(program, at=NOON)
    state_order(program, at=NOON, amount=8000)

    answer = refund_order(program, at=NOON, amount=4000)

    assert target(answer) == 50


def test_a_property_of_an_event_is_worth_points():
    program = feature("award_property")
    make_member(program, at=NOON)

    answer = state_event(program, at=NOON, type="workout", properties={"minutes": 45})

    assert target(answer) == 22


def test_a_second_review_of_the_day_is_refused():
    program = feature("limits_refuse")
    ada = make_member(program, at=NOON)

    for number in range(2):
        state_event(program, f"rev-{number}", at=NOON)

    assert balance_of(ada, at=NOON).available == 50


def test_a_rolling_week_forgets_what_lies_seven_days_back():
    program = feature("limits_rolling")
    ada = make_member(program, at=NOON)

    for days in (0, 3, 6, 6.5, 7):
        at = NOON + timedelta(days=days)
        state_event(program, f"visit-{days}", type="visit", at=at)

    assert balance_of(ada, at=NOON + timedelta(days=7)).available == 40


@pytest.mark.parametrize(
    ("when", "points"),
    [
        ("2026-06-05T21:00:00Z", 20),  # Friday, 23:00 in Berlin
        ("2026-06-06T23:30:00Z", 20),  # Sunday, 01:30: still Saturday's
        ("2026-06-07T21:00:00Z", 0),  # Sunday
        ("2026-06-01T07:00:00Z", 100),  # the launch
        ("2026-08-31T22:00:00Z", 0),  # September has begun
    ],
)
def test_rules_are_valid_when_their_file_says(when, points):
    assert (
        earned_by(feature("validity"), at=datetime.fromisoformat(when), amount=1000) == points
    )


def test_points_wait_as_their_rule_says():
    program = feature("hold")
    ada = make_member(program, at=NOON)
    state_event(program, at=NOON)
    state_order(program, at=NOON, amount=3000)

    def available(days):
        return balance_of(ada, at=NOON + timedelta(days=days)).available

    assert [available(days) for days in (0, 1, 59, 60)] == [10, 30, 30, 60]


def test_points_expire_as_their_file_says():
    program = feature("expiry")
    ada = make_member(program, at=NOON)
    state_order(program, at=NOON, amount=2500, coupons=["SPRING"])

    def available(when, point_type="points"):
        return balance_of(ada, point_type, at=datetime.fromisoformat(when)).available

    # A year from 4 May 2026, and on to the end of May in Berlin.
    assert available("2026-06-04T11:59:59Z") == 50
    assert available("2026-06-04T12:00:00Z") == 25
    assert available("2027-05-31T21:59:59Z") == 25
    assert available("2027-05-31T22:00:00Z") == 0
    assert available("2026-06-30T21:59:59Z", "miles") == 12
    assert available("2026-06-30T22:00:00Z", "miles") == 0


def test_a_cafe_gives_a_stamp_for_every_coffee():
    program = load(ROOT / "seeds" / "programs" / "coffee_shop.yaml")
    make_member(program)

    answer = state_order(
        program, lines=[line(840, category="coffee", quantity=2), line(390, category="cake")]
    )

    assert (target(answer), target(answer, "stamps")) == (12, 2)


def test_a_cafe_doubles_the_points_of_early_mornings():
    early = datetime(2026, 5, 5, 5, tzinfo=UTC)  # Tuesday, 07:00 in Berlin
    program = load(ROOT / "seeds" / "programs" / "coffee_shop.yaml", at=early)

    assert earned_by(program, at=early, amount=1000) == 20
