"""Redemptions, their vouchers and the work on them: read, given back, sent."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty.models import Member, Redemption, Voucher, VoucherUse
from loyalty.services.vouchers import consume_voucher
from tests.factories import (
    balance_of,
    make_member,
    make_program,
    make_rewards,
    pass_time,
    redeem,
)
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.loyalty.admin.shop import REWARDS

WORK = "admin:loyalty_redemption_work"


@pytest.fixture
def ada(db):
    program = make_program()
    make_rewards(program, **REWARDS)
    return make_member(program, points=100, name="Ada")


def act(client, row, name, **form):
    model = row._meta.model_name
    address = reverse(f"admin:loyalty_{model}_{name}", args=[row.pk])
    return client.post(address, {"key": "form-1"} | form, follow=True)


def use(voucher, order="1001"):
    now = voucher.program.now()
    return consume_voucher(
        program=voucher.program, code=voucher.code, order=order, subtotal=500, at=now
    )


def test_a_held_redemption_is_voided_and_its_points_go_back(staff, ada):
    held = redeem(ada, "espresso")

    act(staff, held, "void")

    held.refresh_from_db()
    assert held.status == Redemption.Status.VOIDED
    assert balance_of(ada).available == 100


def test_a_part_is_reversed_once_however_often_the_form_is_sent(staff, ada):
    spent = redeem(ada, "espresso", capture=True)

    for _ in range(2):
        act(staff, spent, "reverse", points=4, reason="cold")

    spent.refresh_from_db()
    assert (spent.status, spent.reversed_points) == ("captured", 4)
    assert balance_of(ada).available == 94
    assert "cold" in text_of(staff.get(page(spent)))


def test_more_than_was_spent_is_refused_at_the_field(staff, ada):
    spent = redeem(ada, "espresso", capture=True)

    answer = act(staff, spent, "reverse", points=11, reason="cold")

    errors = answer.context["form"].errors
    assert errors["points"] == ["Only 10 points are left of what was captured."]
    assert balance_of(ada).available == 90


def test_only_what_can_be_done_is_offered(staff, ada):
    held, spent = redeem(ada, "espresso"), redeem(ada, "thanks", capture=True)

    offered = {
        row: [tool.text for tool in staff.get(page(row)).context["acts"]]
        for row in (held, spent)
    }

    assert offered == {held: ["Void"], spent: ["Take", "Fulfil", "Reverse", "Cancel the work"]}


def test_a_redemptions_page_tells_its_story(staff, ada):
    redemption = redeem(ada, "espresso", capture=True)
    use(redemption.voucher)

    shown = staff.get(page(redemption)).context["page"]

    panels = {panel.title: panel for panel in shown.panels}
    assert [row[2] for row in panels["Lots that paid"].rows] == [10]
    assert [row[1] for row in panels["Uses"].rows] == ["1001"]
    assert [row[2] for row in panels["Entries"].rows] == ["\N{MINUS SIGN}10"]
    assert len(panels["What the outside heard"].rows) == 3


def test_a_hold_that_is_over_shows_as_expired_whatever_job_has_run(staff, ada):
    held = redeem(ada, "espresso")
    ada.program.clock_at = held.expires_at
    ada.program.save(update_fields=["clock_at"])

    assert dict(staff.get(page(held)).context["page"].facts)["Status"].count("Expired") == 1
    assert staff.get(page(held)).context["acts"] == []


@pytest.mark.parametrize("how", ["red", "order", "code", "typed", "member"])
def test_a_redemption_is_found_by_whatever_a_caller_has(staff, ada, how):
    wanted = redeem(ada, "espresso", order="1001", capture=True)
    bob = make_member(ada.program, "bob", points=100)
    other = redeem(bob, "espresso", order="1002", capture=True)
    terms = {
        "red": str(wanted),
        "order": "1001",
        "code": wanted.voucher.shown,
        "typed": wanted.voucher.shown.lower().replace("-", " "),
        "member": "ada",
    }

    text = text_of(staff.get(listing(Redemption, q=terms[how])))

    assert f"{wanted}<" in text
    assert f"{other}<" not in text


@pytest.mark.parametrize("spoil", [str.lower, lambda code: code.replace("-", " ")])
def test_a_voucher_is_found_however_it_is_typed(staff, ada, spoil):
    wanted = redeem(ada, "espresso", capture=True).voucher
    other = redeem(ada, "espresso", capture=True).voucher

    for model in (Voucher, VoucherUse):
        use(wanted), use(other)
        text = text_of(staff.get(listing(model, q=spoil(wanted.shown))))
        assert wanted.shown in text
        assert other.shown not in text


def test_a_use_is_released_and_the_voucher_is_good_again(staff, ada):
    voucher = redeem(ada, "espresso", capture=True).voucher
    use(voucher)

    act(staff, voucher, "release", order="1001")

    voucher.refresh_from_db()
    assert voucher.used == 0
    assert balance_of(ada).available == 90


def test_a_voided_voucher_is_worth_nothing_and_its_points_stay_spent(staff, ada):
    voucher = redeem(ada, "espresso", capture=True).voucher

    act(staff, voucher, "void")

    assert "Void" in dict(staff.get(page(voucher)).context["page"].facts)["Is"]
    assert balance_of(ada).available == 90


def work(client, do, *chosen, note=""):
    ids = [redemption.pk for redemption in chosen]
    return client.post(reverse(WORK), {"do": do, "chosen": ids, "note": note}, follow=True)


def test_the_work_list_has_what_waits_oldest_first(staff, ada):
    first = redeem(ada, "thanks", capture=True)
    pass_time(ada.program, days=2)
    second = redeem(ada, "thanks", capture=True)
    redeem(ada, "espresso", capture=True)
    work(staff, "fulfil", redeem(ada, "thanks", capture=True))

    rows = staff.get(reverse(WORK)).context["rows"]

    assert [(row["id"], row["age"]) for row in rows] == [
        (str(first), "2 days"),
        (str(second), "today"),
    ]


def test_work_is_taken_and_fulfilled_in_bulk_and_keeps_its_notes(staff, ada):
    one, two = (redeem(ada, "thanks", capture=True) for _ in range(2))
    work(staff, "take", one, note="Lee has it")

    work(staff, "fulfil", one, two)

    for redemption, note in ((one, "Lee has it"), (two, "")):
        redemption.refresh_from_db()
        assert (redemption.fulfilment, redemption.fulfilment_note) == ("fulfilled", note)
    assert staff.get(reverse(WORK)).context["count"] == 0


def test_work_that_came_to_nothing_is_told_and_the_rest_is_done(staff, ada):
    good, undone = (redeem(ada, "thanks", capture=True) for _ in range(2))
    act(staff, undone, "reverse", points=5, reason="lost")

    answer = work(staff, "take", good, undone)

    good.refresh_from_db()
    assert good.fulfilment == "in_progress"
    assert f"The points of {undone} came back." in text_of(answer)


@pytest.mark.parametrize("form", [{"do": "fulfil"}, {"do": "burn", "chosen": "1"}, {}])
def test_nothing_chosen_changes_nothing(staff, ada, form):
    redemption = redeem(ada, "thanks", capture=True)

    answer = staff.post(reverse(WORK), form, follow=True)

    redemption.refresh_from_db()
    assert redemption.fulfilment == "open"
    assert "Nothing was chosen" in text_of(answer)


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_three_redemptions_cost_as_many_queries_as_one(staff, ada):
    pages = [reverse(WORK), page(ada), page(redeem(ada, "thanks", capture=True))]
    use(redeem(ada, "espresso", capture=True).voucher)
    of_one = [queries_of(staff, each) for each in pages]
    for number in range(2):
        redeem(ada, "thanks", capture=True)
        use(redeem(ada, "espresso", capture=True).voucher, order=f"more-{number}")

    assert [queries_of(staff, each) for each in pages] == of_one


@pytest.fixture
def onlooker(db):
    """Somebody who may look at everything, and do nothing."""
    user = User.objects.create_user("lee", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


def test_who_may_only_look_sees_all_pages_and_no_buttons(staff, onlooker, ada):
    redemption = redeem(ada, "thanks", capture=True)
    voucher = redeem(ada, "espresso", capture=True).voucher

    for row in (redemption, voucher):
        assert onlooker.get(page(row)).context["acts"] == []
    assert [tool.text for tool in onlooker.get(page(ada)).context["acts"]] == ["Export"]
    assert not onlooker.get(reverse(WORK)).context["may_work"]


def test_who_may_only_look_can_do_nothing(staff, onlooker, ada):
    redemption = redeem(ada, "thanks", capture=True)
    voucher = redeem(ada, "espresso", capture=True).voucher
    acts = [
        *((redemption, name) for name in ("take", "fulfil", "void", "reverse", "cancel")),
        (redemption, "reopen"),
        *((voucher, name) for name in ("release", "void")),
        *((ada, name) for name in ("adjust", "issue", "suspend", "reactivate", "merge")),
        *((ada, name) for name in ("close", "erase")),
        *((voucher.reward, name) for name in ("codes", "preview", "archive")),
    ]

    answers = {(row, name): act(onlooker, row, name).status_code for row, name in acts}

    assert set(answers.values()) == {403}
    assert work(onlooker, "fulfil", redemption).status_code == 403
    redemption.refresh_from_db()
    assert (redemption.status, redemption.fulfilment) == ("captured", "open")
    assert Member.objects.get(pk=ada.pk).status == Member.Status.ACTIVE
