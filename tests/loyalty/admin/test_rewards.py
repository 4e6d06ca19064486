"""The reward editor: every kind has its fields, every mistake its place, and a preview."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from engine.program_file import read_program
from engine.program_file.apply import apply_program
from loyalty.admin.reward_form import RewardForm
from loyalty.models import Reward, Voucher
from tests.factories import NOON, make_member, make_program, make_rewards, redeem
from tests.house.source import ROOT
from tests.loyalty.admin.conftest import listing, page, text_of

FILES = [
    path
    for path in sorted(Path(ROOT, "seeds/programs").rglob("*.yaml"))
    if "\nrewards:" in path.read_text()
]
ESPRESSO = {"cost": {"points": 100}, "gives": {"free_product": "ESPRESSO"}}
EVERY_FIELD = {
    "code": "ten_off",
    "name": "Ten off",
    "cost_points": "100",
    "gives_kind": "fixed",
    "gives_fixed": "10.00",
    "gives_minimum_order": "40.00",
    "stock": "5",
    "visible_from": "2026-05-01",
    "visible_until": "2026-06-01 09:30",
    "redeemable_from": "2026-05-02",
    "when": "member.orders_count >= 1",
    "limits": "[{times: 1, per: day}]",
    "several_per_order": "on",
    "voucher_valid": "30 days",
    "voucher_uses": "2",
    "voucher_prefix": "HC",
    "voucher_codes": "generated",
}
EVERY_KEY = {
    "name": "Ten off",
    "cost": {"points": 100},
    "gives": {"fixed": "10.00", "minimum_order": "40.00"},
    "stock": 5,
    "visible": {"from": "2026-05-01", "until": "2026-06-01T09:30:00+02:00"},
    "redeemable": {"from": "2026-05-02"},
    "when": "member.orders_count >= 1",
    "limits": [{"times": 1, "per": "day"}],
    "several_per_order": True,
    "voucher": {"valid": "30 days", "uses": 2, "prefix": "HC"},
}
KINDS = {
    "fixed": ({"gives_fixed": "5.00"}, {"fixed": "5.00"}),
    "percent": ({"gives_percent": "50", "gives_at_most": "9.00"},
                {"percent": 50, "at_most": "9.00"}),
    "free_product": ({"gives_free_product": "CAKE"}, {"free_product": "CAKE"}),
    "free_shipping": ({}, {"free_shipping": True}),
    "buy_get": ({"gives_buy": "2", "gives_get": "1", "gives_percent": "100"},
                {"buy": 2, "get": 1}),
    "gift_card": ({"gives_gift_card": "25.00"}, {"gift_card": "25.00"}),
    "pay": ({"gives_pay_rate": "0.01", "gives_pay_minimum": "50"},
            {"pay": {"rate": "0.01", "minimum": 50}}),
    "points": ({"gives_points": "300", "gives_point_type": "miles"},
               {"points": 300, "point_type": "miles"}),
    "entitlement": ({"gives_entitlement": "mb", "gives_quantity": "500"},
                    {"entitlement": "mb", "quantity": 500}),
    "donation": ({"gives_donation": "1.00", "gives_to": "Sea Rescue"},
                 {"donation": "1.00", "to": "Sea Rescue"}),
    "physical": ({"gives_physical": "Card"}, {"physical": "Card"}),
    "custom": ({"gives_custom": "{seats: 2}"}, {"custom": {"seats": 2}}),
}  # fmt: skip


def posted(reward, **changes):
    """Return what the browser posts for a reward's page, with some fields changed."""
    values = {bound.html_name: bound.value() for bound in RewardForm(instance=reward)}
    prices = values.pop("cost") or {}
    values |= {f"cost_{code}": price for code, price in prices.items()} | changes
    return {key: value for key, value in values.items() if value not in (None, False, "")}


def errors_of(response):
    return {name: list(texts) for name, texts in response.context["adminform"].errors.items()}


@pytest.fixture
def espresso(db):
    program = make_program(point_types={"miles": {}})
    make_rewards(program, espresso=ESPRESSO)
    return Reward.objects.select_related("program").get()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_reward_that_is_saved_as_it_is_stays_as_it_is(staff, path):
    apply_program(read_program(path.read_text(), name=path.name), at=NOON)
    rewards = list(Reward.objects.live().select_related("program"))
    before = {reward.code: reward.form() for reward in rewards}

    for reward in rewards:
        answer = staff.post(page(reward), posted(reward))
        assert answer.status_code == 302, errors_of(answer)

    assert {each.code: each.form() for each in Reward.objects.live()} == before


def test_a_reward_is_added_with_every_field_that_there_is(staff):
    program = make_program()

    staff.post(reverse("admin:loyalty_reward_add"), {"program": program.pk} | EVERY_FIELD)

    assert Reward.objects.get(code="ten_off").form() == EVERY_KEY


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_filled_in_by_its_fields(staff, espresso, kind):
    fields, gives = KINDS[kind]
    prices = {} if kind == "pay" else {"cost_points": "100"}
    stated = {"program": espresso.program_id, "code": "new", "gives_kind": kind}

    answer = staff.post(reverse("admin:loyalty_reward_add"), stated | prices | fields)

    assert answer.status_code == 302, errors_of(answer)
    assert Reward.objects.get(code="new").definition["gives"] == gives


def test_everything_that_is_wrong_is_said_in_the_first_round(staff, espresso):
    stated = {
        "program": espresso.program_id,
        "code": "not a code!",
        "gives_kind": "free_product",
        "stock": "-1",
        "visible_from": "1 May",
        "limits": "[{times: 0, per: day}]",
    }

    answer = staff.post(reverse("admin:loyalty_reward_add"), stated)

    wrong = {"code", "cost", "gives_free_product", "stock", "visible_from", "limits"}
    assert set(errors_of(answer)) == wrong
    assert not Reward.objects.filter(name="").exclude(pk=espresso.pk).exists()


def test_a_broken_amount_is_said_once_and_the_missing_price_beside_it(staff, espresso):
    stated = {"program": espresso.program_id, "code": "new", "gives_kind": "percent"}

    answer = staff.post(reverse("admin:loyalty_reward_add"), stated | {"gives_percent": "101"})

    assert set(errors_of(answer)) == {"gives_percent", "cost"}


def test_what_is_saved_counts_at_once(staff, espresso):
    revision = espresso.program.revision

    staff.post(page(espresso), posted(espresso, cost_points="120"))

    espresso.program.refresh_from_db()
    assert espresso.program.revision != revision
    ada = make_member(espresso.program, points=200)
    assert redeem(ada, "espresso").points == 120


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"cost_points": ""}, "cost", "say what it costs"),
        ({"cost_points": "many"}, "cost", "points: expected a whole number"),
        ({"cost_points": "9" * 30}, "cost", "whole number"),
        ({"gives_free_product": ""}, "gives_free_product", "needs it"),
        ({"gives_kind": "fixed", "gives_fixed": "0.001"}, "gives_fixed", "decimals"),
        ({"gives_kind": "percent", "gives_percent": "101"}, "gives_percent", "at most 100"),
        ({"gives_kind": "points", "gives_points": "5"}, "cost", "of another type"),
        ({"gives_kind": "custom", "gives_custom": "[1]"}, "gives_custom", "mapping"),
        ({"visible_from": "1 May"}, "visible_from", "1 May"),
        ({"visible_from": "2026-05-02", "visible_until": "2026-05-01"},
         "visible_until", "before it begins"),
        ({"when": "member.orders_cont >= 1"}, "when", "did you mean member.orders_count"),
        ({"when": "order.subtotal > 1"}, "when", "not known"),
        ({"limits": "[{times: 1, per: fact}]"}, "limits", "number 1, per"),
        ({"voucher_valid": "soon"}, "voucher_valid", "soon"),
        ({"voucher_prefix": "H-C"}, "voucher_prefix", "letters"),
        ({"gives_kind": "physical", "gives_physical": "Card", "voucher_uses": "2"},
         "voucher_codes", "Physical yields no code"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_field_and_nothing_is_saved(
    staff, espresso, changes, field, said
):
    before = espresso.form()

    answer = staff.post(page(espresso), posted(espresso, **changes))

    assert list(errors_of(answer)) == [field]
    assert said in " ".join(errors_of(answer)[field])
    espresso.refresh_from_db()
    assert espresso.form() == before


def test_a_stock_below_what_is_taken_is_refused_at_the_field(staff, espresso):
    ada = make_member(espresso.program, points=500)
    redeem(ada, "espresso", capture=True)
    redeem(ada, "espresso")

    answer = staff.post(page(espresso), posted(espresso, stock="1"))

    assert list(errors_of(answer)) == ["stock"]
    assert "2 of espresso are reserved or gone" in errors_of(answer)["stock"][0]


def test_the_page_says_how_many_are_taken_and_left(staff, espresso):
    make_rewards(espresso.program, espresso=ESPRESSO | {"stock": 10})
    redeem(make_member(espresso.program, points=500), "espresso")

    assert "1 reserved or gone, 9 left" in text_of(staff.get(page(espresso)))
    assert "9 of 10" in text_of(staff.get(listing(Reward)))


def preview_of(staff, reward, **changes):
    address = reverse("admin:loyalty_reward_preview", args=[reward.pk])
    return staff.post(address, posted(reward, **changes))


def test_a_preview_shows_what_a_shopper_sees_and_saves_nothing(staff, espresso):
    shown = preview_of(
        staff, espresso, gives_kind="fixed", gives_fixed="2.50", name="Two fifty", stock="3"
    )

    face = shown.context["face"]
    assert (face.name, face.gives, face.price) == ("Two fifty", "€2.50 off", "100 points")
    assert face.notes == ["3 left"]
    espresso.refresh_from_db()
    assert espresso.form() == ESPRESSO


def test_a_preview_says_who_could_have_it_and_why_the_others_could_not(staff, espresso):
    program = espresso.program
    for number, points in enumerate((99, 100, 500)):
        make_member(program, f"m-{number}", points=points)
    redeem(make_member(program, "had", points=900), "espresso", capture=True)

    shown = preview_of(staff, espresso, limits="[{times: 1, per: lifetime}]")

    rows = {row[1]: row[4] for row in shown.context["panel"].rows}
    assert rows == {
        "m-0": "They have too few points.",
        "m-1": "\N{EN DASH}",
        "m-2": "\N{EN DASH}",
        "had": "They have had it as often as its limits allow.",
    }


def test_a_preview_looks_at_the_last_20_members_only(staff, espresso):
    for number in range(22):
        make_member(espresso.program, f"m-{number}", points=1)

    assert len(preview_of(staff, espresso).context["panel"].rows) == 20


def test_a_new_reward_can_be_previewed_before_it_is_there(staff, espresso):
    new = {"program": espresso.program_id, "code": "new"} | EVERY_FIELD
    address = reverse("admin:loyalty_reward_preview_new")

    shown = staff.post(address, new | {"code": "new"})

    assert shown.context["face"].name == "Ten off"
    assert not Reward.objects.filter(code="new").exists()


def test_a_preview_of_what_does_not_compile_tells_why(staff, espresso):
    shown = preview_of(staff, espresso, when="member.orders_cont >= 1")

    assert "did you mean member.orders_count?" in text_of(shown)


def test_an_archived_reward_is_not_on_offer_and_comes_back(staff, espresso):
    archive = reverse("admin:loyalty_reward_archive", args=[espresso.pk])

    staff.post(archive)
    assert not Reward.objects.live().exists()
    staff.post(archive)

    assert Reward.objects.live().get().form() == ESPRESSO


@pytest.fixture
def tickets(db):
    program = make_program()
    ticket = {"cost": {"points": 1}, "gives": {"gift_card": "9.00"}}
    make_rewards(program, ticket=ticket | {"voucher": {"codes": "pool"}})
    return Reward.objects.select_related("program").get()


def bring_codes(staff, reward, **form):
    address = reverse("admin:loyalty_reward_codes", args=[reward.pk])
    return staff.post(address, {"key": "k"} | form, follow=True)


def test_codes_are_pasted_or_read_from_a_file_and_known_ones_left(staff, tickets):
    bring_codes(staff, tickets, codes="AAA-1\n\nAAA-2\n")
    file = SimpleUploadedFile("codes.csv", b"\xef\xbb\xbfAAA-2,x\nAAA-3,y\n")

    answer = bring_codes(staff, tickets, file=file)

    assert "1 new codes in the pool. 1 were known already." in text_of(answer)
    shown = Voucher.objects.filter(issued_at=None).values_list("shown", flat=True)
    assert sorted(shown) == ["AAA-1", "AAA-2", "AAA-3"]


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"codes": ""}, "codes", "at least one code"),
        ({"codes": "A\n---\n"}, "codes", "Line 2: expected 1 to 64"),
        ({"file": SimpleUploadedFile("codes.xls", b"\xff\xfe\x00")}, "file", "UTF-8"),
    ],
)
def test_codes_that_are_none_are_refused_and_none_is_kept(staff, tickets, form, field, said):
    answer = bring_codes(staff, tickets, **form)

    assert said in answer.context["form"].errors[field][0]
    assert not Voucher.objects.exists()


def test_a_reward_with_a_pool_leads_to_importing(staff, tickets):
    address = reverse("admin:loyalty_reward_codes", args=[tickets.pk])

    assert address in text_of(staff.get(page(tickets)))


def test_a_reward_without_a_pool_does_not(staff, espresso):
    assert "Import codes" not in text_of(staff.get(page(espresso)))
