"""Screenshots; run by pytest -c from the repo with the plugin path. Kept outside the repository."""
import pytest
from django.urls import reverse
from tests.browser.conftest import *  # noqa
from tests.factories import NOON, make_member
from tests.referrals.admin.conftest import suspicious
from tests.referrals.factories import *  # noqa
from tests.loyalty.admin.conftest import page as page_
from referrals.services.clicks import record_click
from referrals.models import *  # noqa
pytestmark = pytest.mark.django_db(transaction=True)

def test_shots(kim, live_server, scheme):
    shop = make_referrals(expires="30 days", fraud={"block_at": 500}, hold="14 days")
    eve = make_member(shop, "eve", name="Eve")
    claim(eve, "ada", context=visit(device_id="phone-1"))
    make_member(shop, "ada", email="ada.lovelace@mail.example", name="Ada")
    ada = shop.member_set.get(external_id="ada"); ada.program = shop
    for n, name in enumerate(("bob", "cid", "dan")):
        suspicious(ada, name, number=n, email=f"{name}@mail.example")
    make_member(shop, "bob", email="bob@mail.example"); order(shop, amount=2500)
    for n in range(30):
        record_click(program=shop, code=code_of(eve), channel=["mail", "copy", "whatsapp"][n % 3], visit=visit(f"192.0.2.{n}"), at=NOON)
    for n in range(12):
        t = record_click(program=shop, code=code_of(eve), channel=["mail", "copy", "whatsapp"][n % 3], visit=visit(f"192.0.{n}.9"), at=NOON)
        claim(eve, f"f{n}", click_token=t.token)
        if n % 3 != 1:
            make_member(shop, f"f{n}")
            if n % 2: order(shop, f"o{n}", member=f"f{n}", amount=3000 + n)
    pass_days(shop, 14)
    kim.page.set_viewport_size({"width": 1300, "height": 900})
    shots = {
        "queue": reverse("admin:referrals_referral_review"),
        "funnel": reverse("admin:referrals_referralprogram_funnel") + "?by=channel",
        "funnel_adv": reverse("admin:referrals_referralprogram_funnel") + "?by=advocate",
        "referral": page_(Referral.objects.filter(state="flagged").first()),
        "list": reverse("admin:referrals_referral_changelist"),
        "program": page_(ReferralProgram.objects.get()),
        "member": page_(ada),
    }
    for name, address in shots.items():
        kim.complaints.clear()
        kim.visit(address)
        kim.page.screenshot(path=f"/tmp/build/h10_{name}_{scheme}.png", full_page=True)
        print(name, list(kim.complaints), kim.violations())
    kim.page.set_viewport_size({"width": 390, "height": 800})
    kim.visit(shots["queue"]); kim.page.screenshot(path=f"/tmp/build/h10_queue_narrow_{scheme}.png")
    kim.page.set_viewport_size({"width": 1300, "height": 900})
    kim.visit(shots["queue"] + "?choose=all"); kim.page.fill("#id_note", "known fraud"); kim.page.click("button[value=reject]")
    kim.page.screenshot(path=f"/tmp/build/h10_after_{scheme}.png", full_page=True)
    print("after", kim.complaints, kim.violations())
