"""How advocates pass their codes on: counted by code, channel and local day."""

from datetime import timedelta

import pytest

from core.errors import NotFound
from loyalty.services.statuses import MemberClosed, close_member
from referrals.models import ReferralCode, Sharing
from referrals.services.sharing import record_share, record_view
from tests.factories import NOON, make_member, make_program
from tests.referrals.factories import code_of, make_referrals

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make_member(make_referrals())


def rows():
    columns = ("channel", "day", "views", "shares")
    return [
        (channel, day.isoformat(), *counts)
        for channel, day, *counts in Sharing.objects.order_by("pk").values_list(*columns)
    ]


def test_what_is_shown_and_passed_on_is_counted_by_channel(ada):
    for _ in range(3):
        record_view(member=ada, at=NOON)
    record_share(member=ada, channel="whatsapp", at=NOON)
    record_share(member=ada, channel="email", at=NOON)
    record_share(member=ada, channel="email", at=NOON)

    assert rows() == [
        ("", "2026-05-04", 3, 0),
        ("whatsapp", "2026-05-04", 0, 1),
        ("email", "2026-05-04", 0, 2),
    ]


def test_a_new_local_day_has_a_row_of_its_own(ada):
    # 22:30 UTC is half past midnight in Berlin.
    record_share(member=ada, channel="copy", at=NOON.replace(hour=21, minute=30))
    record_share(member=ada, channel="copy", at=NOON.replace(hour=22, minute=30))

    assert [row[1] for row in rows()] == ["2026-05-04", "2026-05-05"]


def test_a_row_tells_when_it_was_first_and_last(ada):
    later = NOON + timedelta(hours=1)
    record_view(member=ada, at=NOON)
    record_view(member=ada, at=later)

    row = Sharing.objects.get()
    assert (row.first_at, row.last_at) == (NOON, later)


def test_a_channel_is_kept_as_a_link_would_name_it(ada):
    record_share(member=ada, channel=" wh\x00ats\napp" + "!" * 50, at=NOON)

    assert rows()[0][0] == "whatsapp" + "!" * 32


def test_who_has_no_code_yet_is_given_one(ada):
    record_view(member=ada, at=NOON)

    assert ReferralCode.objects.get().shown == code_of(ada)


def test_without_a_referral_program_there_is_nothing_to_pass_on():
    with pytest.raises(NotFound):
        record_share(member=make_member(make_program()), channel="copy", at=NOON)

    assert not Sharing.objects.exists()


def test_who_has_left_passes_nothing_on(ada):
    close_member(member=ada, at=NOON)

    with pytest.raises(MemberClosed):
        record_view(member=ada, at=NOON)

    assert not Sharing.objects.exists()
