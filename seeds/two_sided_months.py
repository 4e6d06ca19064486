"""Half a year of a teapot shop, invented: friends who come, stay, go, and are not friends."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from seeds.days import Day, Fact, days_of
from seeds.telling import Teller

NEW_YORK = ZoneInfo("America/New_York")
tell = Teller(NEW_YORK, "USD")

# Who passes the link on, and later pays with one of her thanks.
GRACE: list[Fact] = [
    tell.joins("grace", "2025-01-10 10:00", "Grace Holloway", email="grace.holloway@gmail.com"),
    tell.buys("grace", "samovar", "2025-01-10 10:00", 5000),
    tell.chooses("grace", "GRACE-NYC", "2025-01-10 10:05"),
    tell.buys("grace", "cups", "2025-07-20 10:00", 2500, vouchers=["advocate:henry"]),
]

# By her link, with half off his first order: $20 are left of $40, which is just enough.
# Clocks go forward an hour later, and again he has two weeks to send it back.
HENRY: list[Fact] = [
    tell.follows("henry", "GRACE-NYC", "2025-03-01 18:00",
                 email="henry@example.com", device="henry-phone"),
    tell.joins("henry", "2025-03-01 18:10", "Henry Park", email="henry@example.com"),
    tell.buys("henry", "kettle", "2025-03-09 01:30", vouchers=["friend:henry"],
              lines=[{"id": "1", "sku": "kettle", "quantity": 1, "unit_price": 4000,
                      "discount": 2000}]),
    tell.chooses("henry", "HENRY-NYC", "2025-03-10 09:00"),
]  # fmt: skip

# One of her two things comes back within two weeks, and what is left is below $20.
IRIS: list[Fact] = [
    tell.joins("iris", "2025-03-20 12:00", "Iris Quinn", referral_code="grace nyc"),
    tell.buys("iris", "strainers", "2025-03-21 12:00", 1500, 1000),
    tell.returns("strainers", "2025-03-28 10:00", {"2": 1}),
]

# A cent is missing, and the second order is not the first.
JACK: list[Fact] = [
    tell.joins("jack", "2025-04-01 12:00", "Jack Ito", referral_code="GRACE-NYC"),
    tell.buys("jack", "spoon", "2025-04-02 12:00", 1999),
    tell.buys("jack", "tray", "2025-04-10 12:00", 5000),
]

# Grace once more, under an address that is her own.
GRACE_AGAIN = tell.follows(
    "grace-2",
    "GRACE-NYC",
    "2025-04-03 20:00",
    email="graceholloway+tea@googlemail.com",
    device="laptop",
)

# On the telephone of him who brought her, so that somebody has to look.
KATE: list[Fact] = [
    tell.follows("kate", "HENRY-NYC", "2025-04-05 15:00",
                 email="kate@example.com", device="henry-phone"),
    tell.joins("kate", "2025-04-05 15:10", "Kate Park", email="kate@example.com"),
    tell.buys("kate", "teapot", "2025-04-06 12:00", 3000),
    tell.decides("approve", "kate", "2025-05-01 09:00", "His sister, she says"),
]  # fmt: skip

# Who never buys anything.
LIAM = tell.joins("liam", "2025-04-10 12:00", "Liam Osei", referral_code="GRACE-NYC")

# Everything comes back, a month after it was paid for.
MONA: list[Fact] = [
    tell.joins("mona", "2025-05-01 12:00", "Mona Farah", referral_code="GRACE-NYC"),
    tell.buys("mona", "china", "2025-05-02 12:00", 5000),
    tell.returns("china", "2025-06-15 12:00", {"1": 1}),
]

# Grace told her first, and Henry last.
NINA: list[Fact] = [
    tell.follows("nina", "GRACE-NYC", "2025-05-20 08:00",
                 email="nina@example.com", device="nina-phone"),
    tell.follows("nina", "HENRY-NYC", "2025-05-25 08:00",
                 email="nina@example.com", device="nina-phone"),
    tell.joins("nina", "2025-05-26 08:00", "Nina Berg", email="nina@example.com"),
    tell.buys("nina", "tea", "2025-06-01 08:00", 2200),
]  # fmt: skip


def live_through_two_sided_months() -> Iterator[Day]:
    """Yield the days on which somebody comes, buys, or sends something back."""
    friends = [*HENRY, *IRIS, *JACK, GRACE_AGAIN, *KATE, LIAM, *MONA, *NINA]
    return days_of([*GRACE, *friends], NEW_YORK)
