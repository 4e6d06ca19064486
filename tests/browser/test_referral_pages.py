"""The pages of referrals in a browser: under its content security policy, light and dark."""

import pytest
from django.urls import reverse

from referrals.models import Click, Payout, Referral, ReferralCode, ReferralProgram, Sharing
from referrals.services.clicks import record_click
from referrals.services.sharing import record_share, record_view
from tests.factories import NOON, make_member
from tests.loyalty.admin.conftest import listing, page
from tests.referrals.admin.conftest import suspicious
from tests.referrals.factories import claim, code_of, make_referrals, order, visit

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "admin:referrals_referral_review"
FUNNEL = "admin:referrals_referralprogram_funnel"


@pytest.fixture
def shop(live_server):
    program = make_referrals(fraud={"block_at": 500})
    eve = make_member(program, "eve")
    claim(eve, "ada", context=visit(device_id="phone-1"))
    ada = make_member(program, "ada", name="Ada", email="ada@mail.example")
    order(program, member="ada", amount=4000)
    record_click(program=program, code=code_of(ada), channel="mail", visit=visit(), at=NOON)
    record_view(member=ada, at=NOON)
    record_share(member=ada, channel="mail", at=NOON)
    for number, friend in enumerate(("bob", "cid")):
        suspicious(ada, friend, number=number)
    return program


def test_pages_are_accessible_and_keep_the_policy(kim, shop):
    rows = (Referral, ReferralProgram, ReferralCode, Payout, Click, Sharing)
    flagged = Referral.objects.filter(state="flagged")[0]
    found = {}
    for address in (
        reverse(QUEUE),
        *(f"{reverse(FUNNEL)}?by={way}" for way in ("referral_program", "advocate", "channel")),
        *(listing(model) for model in rows),
        *(page(model.objects.order_by("pk")[0]) for model in rows),
        page(flagged),
        page(flagged.advocate),
        reverse("admin:index"),
        reverse("admin:loyalty_member_brought-by", args=[flagged.advocate_id]),
        *(
            reverse(f"admin:referrals_referral_{a}", args=[flagged.pk])
            for a in ("approve", "reject")
        ),
    ):
        kim.complaints.clear()
        kim.visit(address)
        # What axe itself loads is not to be counted.
        complaints = list(kim.complaints)
        if wrong := complaints + kim.violations():
            found[address] = wrong

    assert found == {}


def test_all_that_waits_is_rejected_and_that_is_undone(kim, shop):
    queue = kim.visit(reverse(QUEUE))
    queue.click("text=Choose all")
    queue.fill("#id_note", "one person")

    queue.click("button[value=reject]")
    assert queue.locator(".case").count() == 0
    assert kim.violations() == []

    queue.click("button[value=reopen]")
    assert queue.locator(".case").count() == 2
    assert kim.complaints == []


def test_staff_say_who_brought_somebody_and_take_it_back(kim, shop):
    dan = make_member(shop, "dan")
    form = kim.visit(reverse("admin:loyalty_member_brought-by", args=[dan.pk]))
    form.fill("#id_advocate", "nobody")
    form.fill("#id_note", "told on the phone")
    form.click("input[type=submit]")
    assert "Nobody has this id, address or code." in form.inner_text("#content form")

    form.fill("#id_advocate", "ada")
    form.click("input[type=submit]")
    referral = Referral.objects.get(friend=dan)
    assert f"{referral} is signed up now" in form.inner_text("body")

    kim.visit(page(referral))
    form.click("text=Undo: it was a slip")
    form.fill("#id_note", "wrong person")
    form.click("input[type=submit]")
    assert "is taken back" in form.inner_text("body")
    assert kim.complaints == []
    assert kim.violations() == []
