import time, pytest
from datetime import timedelta
from engine.travel import move_clock
from tests.factories import NOON, make_member, make_program, state_order
pytestmark = pytest.mark.django_db
def test_ten_years():
    program = make_program(rules={"spend": {"on": "order", "award": {"points": 1, "per": "1.00"}}, "birthday": {"on": "birthday", "award": {"points": 50}}}, points={"expiry": {"after": "12 months"}})
    for n in range(200):
        make_member(program, f"m{n}", birthday=f"1990-{n % 12 + 1:02}-{n % 28 + 1:02}")
        state_order(program, f"o{n}", member=f"m{n}")
    t = time.time(); ran = move_clock(program=program, to=NOON + timedelta(days=3652)); print(round(time.time() - t, 1), ran)
