"""What staff do for members on the phone: each once, and told on the member's page."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from loyalty.models import Member, Merge, PointType, Redemption, Tombstone
from tests.factories import (
    balance_of,
    make_member,
    make_program,
    make_rewards,
    pass_time,
    redeem,
    state_order,
)
from tests.loyalty.admin.conftest import page, text_of
from tests.loyalty.admin.shop import REWARDS
from tests.loyalty.admin.test_redemptions import act


@pytest.fixture
def ada(db):
    program = make_program(points={"value": "0.01"})
    make_rewards(program, **REWARDS, pay={"gives": {"pay": {"point_type": "points"}}})
    return make_member(program, points=12, name="Ada", email="ada@example.org")


def panels_of(staff, member):
    return {panel.title: panel for panel in staff.get(page(member)).context["page"].panels}


def test_a_reward_is_issued_with_the_members_points_once(staff, ada):
    for _ in range(2):
        answer = act(staff, ada, "issue", reward="espresso")

    redemption = Redemption.objects.get()
    assert (redemption.status, redemption.member) == ("captured", ada)
    assert redemption.voucher.shown in text_of(answer)
    assert balance_of(ada).available == 2


def test_what_cannot_be_had_says_why_and_payments_are_not_offered(staff, ada):
    act(staff, ada, "issue", reward="espresso")

    form = staff.get(reverse("admin:loyalty_member_issue", args=[ada.pk])).context["form"]

    offered = dict(form.fields["reward"].choices)
    assert list(offered) == ["espresso", "thanks"]
    assert "They have too few points." in offered["espresso"]


def test_a_reward_that_is_refused_says_so_at_the_field(staff, ada):
    act(staff, ada, "issue", reward="espresso")

    answer = act(staff, ada, "issue", reward="espresso", key="form-2")

    assert "8 points short" in answer.context["form"].errors["reward"][0]
    assert Redemption.objects.count() == 1


def test_a_member_is_suspended_and_reactivated_and_the_timeline_tells_it(staff, ada):
    act(staff, ada, "suspend", earning="on", reason="chargeback")
    suspended = Member.objects.get(pk=ada.pk)
    assert (suspended.earning_suspended, suspended.redeeming_suspended) == (True, False)
    assert "earning: chargeback" in text_of(staff.get(page(ada)))

    act(staff, ada, "reactivate")

    assert Member.objects.get(pk=ada.pk).status == Member.Status.ACTIVE
    told = [str(row[1]) for row in panels_of(staff, ada)["Timeline"].rows]
    assert told[1:] == ["Reactivated", "Suspended from earning"]


def test_suspending_from_nothing_is_refused(staff, ada):
    answer = act(staff, ada, "suspend", reason="?")

    assert "earning, redeeming or both" in str(answer.context["form"].errors)
    assert Member.objects.get(pk=ada.pk).status == Member.Status.ACTIVE


def test_a_closed_member_is_offered_to_be_reactivated_only(staff, ada):
    act(staff, ada, "close", reason="asked to")

    offered = [tool.text for tool in staff.get(page(ada)).context["acts"]]
    assert offered == ["Reactivate", "Erase", "Export"]


def test_a_merge_shows_on_both_pages_and_is_undone_within_30_days(staff, ada):
    double = make_member(ada.program, "web-7", points=5, name="A. L.")

    act(staff, double, "merge", into="ADA@example.org", reason="enrolled twice")

    merge = Merge.objects.get()
    assert balance_of(ada).available == 17
    for member in (ada, double):
        text = text_of(staff.get(page(member)))
        assert page(merge) in text
        assert "can be undone until" in text
    assert [tool.text for tool in staff.get(page(double)).context["acts"]] == [
        "Erase",
        "Export",
    ]

    act(staff, merge, "undo")
    assert balance_of(ada).available == 12


def test_a_merge_is_not_offered_to_be_undone_after_30_days(staff, ada):
    double = make_member(ada.program, "web-7")
    act(staff, double, "merge", into="ada")
    pass_time(ada.program, days=30)

    assert staff.get(page(Merge.objects.get())).context["acts"] == []


@pytest.mark.parametrize(("into", "said"), [("nobody", "Nobody has"), ("ada", "two members")])
def test_a_merge_into_nobody_or_oneself_is_refused(staff, ada, into, said):
    answer = act(staff, ada, "merge", into=into)

    assert said in answer.context["form"].errors["into"][0]
    assert not Merge.objects.exists()


def test_a_member_is_erased_only_when_its_id_is_typed(staff, ada):
    answer = act(staff, ada, "erase", typed="adda")
    assert "not the id" in answer.context["form"].errors["typed"][0]
    assert Member.objects.get(pk=ada.pk).name == "Ada"

    act(staff, ada, "erase", typed="ada")

    erased = Member.objects.get(pk=ada.pk)
    assert (erased.status, erased.name, erased.email) == ("erased", "", None)
    assert "Nothing of the person is left" in text_of(
        staff.get(page(Tombstone.objects.first()))
    )


def test_what_staff_did_is_noted_without_the_members_name(staff, ada):
    act(staff, ada, "suspend", earning="on", reason="Ada asked")
    assert LogEntry.objects.get().object_repr == f"member {ada.pk}"

    act(staff, ada, "erase", typed="ada")

    noted = list(LogEntry.objects.order_by("pk").values_list("object_repr", "change_message"))
    assert noted == [("erased", ""), (f"member {ada.pk}", "Erase")]


def test_an_export_is_downloaded_as_one_document(staff, ada):
    answer = staff.get(reverse("admin:loyalty_member_export", args=[ada.pk]))

    document = json.loads(b"".join(answer.streaming_content))
    assert answer["Content-Disposition"].startswith("attachment")
    assert document["member"]["name"] == "Ada"
    assert document["wallets"]["points"]["available"] == 12


def test_the_timeline_leads_to_redemptions_and_the_orders_codes_were_used_on(staff, ada):
    redemption = redeem(ada, "espresso", capture=True)
    state_order(ada.program, "1001", vouchers=[redemption.voucher.shown])

    timeline = panels_of(staff, ada)["Timeline"]

    told = " ".join(str(cell) for row in timeline.rows for cell in row)
    assert f"Free espresso, {redemption}" in told
    assert f"Used {redemption.voucher.shown}" in told
    assert "order 1001" in told


def test_consents_are_shown_with_when_and_who_says_so(staff, ada):
    bob = make_member(ada.program, "bob", consents={"email": True, "sms": False})

    rows = panels_of(staff, bob)["Consents"].rows

    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("email", "given", "storefront"),
        ("sms", "not given", "storefront"),
    ]


def change_policy(staff, program, expiry, *, name="change", **form):
    point_type = PointType.objects.get(program=program)
    stated = {
        "name_one": "point", "name_other": "points", "kind": "spendable", "value": "0.01",
        "decimals": "0", "spend_order": "soonest_expiry", "restore_on_refund": "prorated",
        "min_validity_after_return": "14 days", "expiry": expiry, "debt": "allow",
    }  # fmt: skip
    address = reverse(f"admin:loyalty_pointtype_{name}", args=[point_type.pk])
    return staff.post(address, stated | form, follow=True)


@pytest.fixture
def shop(db):
    """A program in which ada's 40 points end on 4 November."""
    program = make_program(points={"value": "0.01", "expiry": {"after": "6 months"}})
    make_member(program)
    state_order(program, amount=4000)
    return program


LONGER = "{after: 12 months, existing: from_change}"


def test_a_change_of_expiry_is_previewed_with_members_points_and_dates(staff, shop):
    shown = change_policy(staff, shop, LONGER, name="policy")

    change = shown.context["change"]
    assert (change.members, change.points) == (1, 40)
    assert [row[:3] for row in shown.context["panel"].rows] == [
        ("2026-11-04", 40, 0),
        ("2027-05-04", 0, 40),
    ]
    assert PointType.objects.get(program=shop).expiry == {"after": "6 months"}


def test_points_that_are_there_are_not_moved_unseen(staff, shop):
    answer = change_policy(staff, shop, LONGER)

    assert "40 points of 1 members" in str(answer.context["adminform"].errors["is_seen"])
    assert PointType.objects.get(program=shop).expiry == {"after": "6 months"}

    change_policy(staff, shop, LONGER, is_seen="on")
    assert PointType.objects.get(program=shop).expiry["after"] == "12 months"


def test_a_policy_for_new_points_moves_nothing_and_says_so(staff, shop):
    shown = change_policy(staff, shop, "{after: 12 months}", name="policy")

    assert shown.context["panel"] is None
    assert "keep their dates" in text_of(shown)
