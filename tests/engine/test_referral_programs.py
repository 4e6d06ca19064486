"""What ready-made referral programs say beside what is lived through in tests/seeds."""

import pytest

from engine.program_file import apply_program
from loyalty.models import Program, Voucher
from referrals.models import Payout
from seeds.program_files import program_file
from tests.factories import NOON, make_member, pass_time, state_order
from tests.proof import prove
from tests.referrals.factories import code_of

pytestmark = pytest.mark.django_db


def test_two_sided_rewards_ten_friends_a_year_and_the_eleventh_friend_all_the_same():
    apply_program(program_file("two_sided"), at=NOON)
    program = Program.objects.get()
    ada = make_member(program)
    for number in range(11):
        friend = make_member(program, f"f-{number}", referral_code=code_of(ada))
        state_order(program, f"o-{number}", member=friend.external_id, amount=2500)

    pass_time(program, days=14)

    assert Voucher.objects.filter(member=ada, voided_at=None).count() == 10
    friends = Payout.objects.filter(program=program, side="friend", outcome="given")
    assert friends.count() == 11
    prove(program)
