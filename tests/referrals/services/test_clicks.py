"""Clicks on referral links, and the tokens that they leave."""

from datetime import timedelta

import pytest

from core.errors import InvalidInput, NotFound
from engine.nightly import run_due
from referrals.models import Click, ReferralCode
from referrals.rules.bots import is_bot
from referrals.rules.refusals import ProgramEnded
from referrals.services.clicks import MOST_TOLD_APART, record_click
from referrals.services.programs import save_referral_programs
from referrals.services.tokens import ClickTouch, read_click, sign_click
from tests.concurrency import at_once, errors_in
from tests.factories import NOON
from tests.referrals.factories import code_of, visit

pytestmark = pytest.mark.django_db
BROWSERS = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
]
BOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "facebookexternalhit/1.1",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0",
    "curl/8.5.0",
    "python-requests/2.32",
    "Mozilla/5.0 HeadlessChrome/126.0",
    "",
]


def click(ada, *, at=NOON, channel="mail", code=None, **who):
    return record_click(
        program=ada.program,
        code=code or code_of(ada),
        channel=channel,
        visit=visit(**who),
        at=at,
    )


def test_a_click_leaves_a_token_that_tells_by_which_code_and_when(ada):
    clicked = click(ada)

    touch = read_click(ada.program.pk, clicked.token)

    assert touch == ClickTouch(ReferralCode.objects.get().pk, NOON, "mail")


def test_ten_thousand_clicks_from_one_address_are_one_row(ada):
    # A hundred of them here; what matters is that the second makes no other row.
    for _ in range(100):
        click(ada)

    assert Click.objects.get().times == 100


def test_an_address_that_changes_its_browser_and_channel_each_time_leaves_few_rows(ada):
    for number in range(2 * MOST_TOLD_APART):
        click(ada, user_agent=f"browser {number}", channel=f"c{number}")

    assert Click.objects.count() == MOST_TOLD_APART + 1
    assert sum(Click.objects.values_list("times", flat=True)) == 2 * MOST_TOLD_APART


def test_a_crowded_address_takes_no_other_visitors_place(ada):
    for number in range(MOST_TOLD_APART + 5):
        click(ada, user_agent=f"browser {number}")
    click(ada, ip="203.0.113.8")

    assert Click.objects.count() == MOST_TOLD_APART + 2
    assert Click.objects.order_by("pk").last().channel == "mail"


def test_visitors_channels_and_days_are_told_apart(ada):
    click(ada)
    click(ada, ip="203.0.113.8")
    click(ada, user_agent="another browser")
    click(ada, channel="whatsapp")
    click(ada, at=NOON + timedelta(days=1))

    assert Click.objects.count() == 5


def test_a_day_is_a_local_day(ada):
    evening = NOON.replace(hour=21, minute=59)
    click(ada, at=evening)
    # 22:00 UTC is midnight in Berlin in summer.
    click(ada, at=evening + timedelta(minutes=1))

    assert list(Click.objects.values_list("day", flat=True).order_by("day")) == [
        NOON.date(),
        NOON.date() + timedelta(days=1),
    ]


def test_where_a_visitor_was_is_kept_as_a_hash_for_thirty_days(ada):
    click(ada)

    row = Click.objects.get()
    assert len(bytes(row.ip)) == len(bytes(row.visitor)) == 16
    assert b"203" not in bytes(row.ip)
    assert row.forget_at == NOON + timedelta(days=30)


def test_after_thirty_days_nothing_tells_who_visited_and_the_visit_is_counted(ada):
    seen = [click(ada, ip=f"203.0.113.{number}").code for number in range(2)]
    click(ada, at=NOON + timedelta(days=1))
    before = {bytes(visitor) for visitor in Click.objects.values_list("visitor", flat=True)}

    done = run_due(ada.program, at=NOON + timedelta(days=30))

    assert len(seen) == Click.objects.filter(forget_at=None, ip=None, network=None).count() == 2
    forgotten = Click.objects.filter(forget_at=None).values_list("visitor", flat=True)
    assert before.isdisjoint(bytes(visitor) for visitor in forgotten)
    assert (Click.objects.count(), done["referrals_settled"]) == (3, 0)


@pytest.mark.parametrize("user_agent", BOTS)
def test_programs_are_told_from_people(user_agent):
    assert is_bot(user_agent)


@pytest.mark.parametrize("user_agent", BROWSERS)
def test_people_are_no_programs(user_agent):
    assert not is_bot(user_agent)


def test_bots_are_counted_apart(ada):
    click(ada, user_agent="Googlebot/2.1")

    assert Click.objects.get().is_bot


def test_a_code_that_nobody_has_is_not_found_and_not_counted(ada):
    with pytest.raises(NotFound):
        click(ada, code="NOBODYS1")

    assert not Click.objects.exists()


def test_nobody_arrives_by_a_program_that_has_ended(ada):
    code = code_of(ada)
    save_referral_programs(program=ada.program, forms={}, at=NOON)

    with pytest.raises(ProgramEnded):
        click(ada, code=code)


def test_a_token_of_another_program_is_refused(ada):
    token = sign_click(ada.program.pk + 1, ClickTouch(1, NOON, ""))

    with pytest.raises(InvalidInput) as caught:
        read_click(ada.program.pk, token)
    assert caught.value.problems[0].code == "unknown_token"


def test_a_forged_token_is_refused(ada):
    token = click(ada).token
    forged = [token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "a:b:c", token * 20, "[1]"]

    for each in forged:
        with pytest.raises(InvalidInput):
            read_click(ada.program.pk, each)


@pytest.mark.needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_clicks_at_once_are_all_counted(ada):
    code = code_of(ada)

    clicked = at_once(8, click, ada=ada, code=code)

    assert errors_in(clicked) == []
    assert Click.objects.get().times == 8
