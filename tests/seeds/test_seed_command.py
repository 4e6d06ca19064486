"""`manage.py seed`: what it says, what it leaves, and how it takes bad news."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from rich.console import Console

from engine.travel import move_clock
from loyalty.models import Order, Program
from seeds.contents import Amount
from seeds.progress import Pace, progress_bar
from seeds.replay import Step
from seeds.shops import SHOPS
from tests.seeds.living import ledger_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_place_for_files(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def path(shop_file, row):
    """A file of three days, with a cancellation that is matched and one that is not."""
    return shop_file(
        row("536365", "71053", 10, "3.00", at="2010-12-01 08:26:00"),
        row("536367", "71053", 1, "3.00", at="2010-12-01 17:00:00", customer=""),
        row("C536369", "71053", -4, "3.00", at="2010-12-02 11:00:00"),
        row("C536371", "22633", -4, "3.00", at="2010-12-02 11:30:00"),
        row("536370", "84879", 6, "1.69", at="2010-12-03 12:00:00", customer="13047"),
    )


class Terminal(io.StringIO):
    """Somebody who presses Ctrl-C at a certain line."""

    def __init__(self, weary_of: str) -> None:
        super().__init__()
        self.weary_of = weary_of

    def write(self, text: str) -> int:
        if self.weary_of in text:
            raise KeyboardInterrupt
        return super().write(text)


def seed(*args, **options):
    out = io.StringIO()
    call_command("seed", *args, stdout=out, **options)
    return out.getvalue()


def rows_of(told):
    """Return the closing rows by their label."""
    closing = told.rpartition("\n\n  ")[2]
    cells = (line.strip().split("   ", 1) for line in closing.splitlines() if line.strip())
    return {label: text.strip() for label, text in cells}


def test_without_a_name_it_says_what_there_is():
    told = seed()

    listed = dict(line.split(maxsplit=1) for line in told.splitlines()[1:])
    assert listed.keys() == SHOPS.keys()
    assert listed["gift_shop"].startswith("the real orders")
    assert listed["vip_500"].startswith("over $500 in twelve months")
    assert not Program.objects.exists()


def test_an_unknown_name_is_refused_with_what_there_is():
    with pytest.raises(
        CommandError, match=r"(?s)There is no 'tea_shop'; .*gift_shop .*coffee_shop"
    ):
        seed("tea_shop")


def test_the_gift_shop_closes_with_what_came_of_it(path):
    rows = rows_of(seed("gift_shop", file=path))

    speed = rows.pop("speed")
    assert speed.startswith("3 orders in ")
    assert rows == {
        "orders": "3",
        "of guests": "1",
        "members": "2",
        "points issued": "90",  # twice 25, 30 and 10
        "pending": "78",
        "clawed back": "12",
        "expired": "0",
        "cancellations": "2",
        "lines matched": "1",
        "in part": "0",
        "not matched": "1",
        "in no order": f"1 line, each with its reason in {path.parent}/gift_shop_left_out.csv",
        "verify_ledger": "no findings in 2 wallets and 5 entries",
        "recomputation": "3 orders agree with an independent computation",
    }


def test_what_is_in_no_order_is_listed_with_its_reason(path):
    seed("gift_shop", file=path)

    header, line = (path.parent / "gift_shop_left_out.csv").read_text().splitlines()
    assert header == "reason,day,invoice,line,member,sku,name,units,amount"
    assert line == "never_bought,2010-12-02,C536371,5,17850,22633,LANTERN,4,1200"


def test_progress_is_told_line_by_line_where_nobody_watches(path):
    first, *lines = seed("gift_shop", file=path).partition("\n\n")[0].splitlines()

    assert first == "gift_shop: 3 orders, 3 days."
    assert [line.partition(" orders, ")[0] for line in lines] == [
        "2010-12-01: 1 of 3 days, 2 of 3",
        "2010-12-02: 2 of 3 days, 2 of 3",
        "2010-12-03: 3 of 3 days, 3 of 3",
    ]
    assert lines[-1].endswith("orders/s, 0:00:00 left")


def test_a_second_run_keeps_what_is_there(path):
    seed("gift_shop", file=path)
    program = Program.objects.get(slug="gift-shop")
    before = list(Order.objects.values())

    assert seed("gift_shop", file=path) == "gift_shop is already seeded; nothing to do.\n"

    assert list(Order.objects.values()) == before
    assert Program.objects.get() == program


def test_a_second_run_keeps_a_clock_that_was_moved_on(path):
    seed("gift_shop", file=path)
    program = Program.objects.get()
    ahead = program.now().replace(year=2012)
    move_clock(program=program, to=ahead)

    assert "already seeded" in seed("gift_shop", file=path)
    assert Program.objects.get().now() == ahead


def test_a_run_that_was_interrupted_says_how_to_go_on_and_does(path):
    with pytest.raises(CommandError, match="Run it again, and gift_shop goes on") as stopped:
        call_command("seed", "gift_shop", file=path, stdout=Terminal(weary_of="2010-12-02: "))
    assert stopped.value.returncode == 130

    told = seed("gift_shop", file=path)

    assert told.startswith(
        "gift_shop: 1 of 3 orders and 1 of 3 days are still to come; the rest is in.\n"
    )
    assert rows_of(told)["recomputation"] == "3 orders agree with an independent computation"


# Bad input


def test_a_broken_row_is_named_with_its_line_and_nothing_is_stated(path):
    path.write_text(path.read_text() + "536372,71053,LANTERN,many,2010-12-04 08:00:00,3,,UK\n")

    with pytest.raises(CommandError, match=rf"{path}: line 7: expected Quantity as a whole"):
        seed("gift_shop", file=path)

    assert not Program.objects.exists()


def test_a_file_without_rows_is_refused(shop_file):
    with pytest.raises(CommandError, match="no rows below the header"):
        seed("gift_shop", file=shop_file())


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.csv: No such file"):
        seed("gift_shop", file=tmp_path / "nowhere.csv")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(CommandError, match="only a regular file"):
        seed("gift_shop", file=tmp_path)


def test_a_fact_that_the_engine_refuses_is_told_and_the_rest_can_follow(shop_file, row):
    sold = row("536365", "71053", 10, "3.00", at="2010-12-01 08:26:00")
    absurd = row("536366", "71053", 999999999, "999999999.00", at="2010-12-02 08:26:00")
    path = shop_file(sold, absurd, absurd)

    with pytest.raises(CommandError, match="gift_shop: order 536366 of 2010-12-02: "):
        seed("gift_shop", file=path)

    mended = shop_file(sold, row("536366", "71053", 1, "9.00", at="2010-12-02 08:26:00"))
    assert rows_of(seed("gift_shop", file=mended))["points issued"] == str(25 + 30 + 9)


def test_the_coffee_shop_takes_no_file(path):
    with pytest.raises(CommandError, match="leave --file out"):
        seed("coffee_shop", file=path)


# The café


def test_the_cafe_closes_with_its_cards():
    rows = rows_of(seed("coffee_shop"))

    # 13 bills in the first week, and 13 in each of four more.
    assert (rows["orders"], rows["of guests"], rows["members"]) == ("65", "5", "5")
    # Six cards of ten stamps; the seventh was left at the till.
    assert rows["Stempel issued"] == "90"
    assert rows["redeemed"] == "60"
    assert rows["redemptions"] == "7: 6 captured, 1 expired"
    # Two of anna, two of bilal, one of clara; emil has forgotten his.
    assert rows["vouchers"] == "7 issued, 5 uses"
    assert rows["verify_ledger"].startswith("no findings in 10 wallets")


def test_the_bank_closes_with_what_is_redeemed_restored_and_owed():
    rows = rows_of(seed("bank_points"))

    # 1,500, 2,000 and 600; half of the first, and the others, came back.
    assert (rows["redeemed"], rows["restored"]) == ("4,100", "3,350")
    assert rows["redemptions"] == "4: 1 captured, 1 expired, 2 reversed"
    assert "owed" not in rows


def test_shops_with_ladders_close_with_who_is_in_which_tier():
    rows = rows_of(seed("members_only"))

    # Zoe is of the inner circle, Ruby an insider, Finn a patron; Mia's time is over.
    assert rows["The circle"] == "2 member, 1 insider, 1 inner"
    assert rows["Patrons"] == "1 patron"


def test_shops_with_referrals_close_with_how_far_friends_have_come_and_what_that_gave():
    rows = rows_of(seed("two_sided"))

    # Henry, Kate and Nina; Iris and Mona; Jack, Grace herself and Nina, before Henry; Liam.
    told = "9: 3 rewarded, 2 reversed, 3 rejected, 1 expired"
    assert rows["Bring a friend: referrals"] == told
    assert rows["advocates were given"] == "3 x $10.00 off"
    # Liam keeps his as well.
    assert rows["friends were given"] == "4 x 50 % off, at most $25.00"
    assert rows["verify_ledger"].startswith("no findings in 8 wallets")


def test_where_nobody_buys_facts_are_counted():
    told = seed("expiry_zoo")

    # A member, nine feedings, a treat, a keepsake, two visits, a photograph, a new file.
    assert told.startswith("expiry_zoo: 16 facts, 14 days.\n")
    assert rows_of(told)["speed"].startswith("16 facts in ")


@pytest.mark.parametrize(
    ("name", "weary_of"),
    [
        ("coffee_shop", "2026-03-22: "),
        ("bank_points", "2026-03-01: "),
        ("expiry_zoo", "07-01: "),
        ("vip_500", "2024-12-24: "),
        ("discount_ladder", "2024-03-10: "),
        ("airline", "2024-10-27: "),
        ("members_only", "2024-04-10: "),
        ("two_sided", "2025-04-05: "),
        ("one_sided", "2024-11-15: "),
        ("milestones", "2026-03-28: "),
    ],
)
def test_an_invented_shop_that_was_interrupted_comes_to_the_same_end(name, weary_of):
    with pytest.raises(CommandError, match=f"Run it again, and {name} goes on"):
        call_command("seed", name, stdout=Terminal(weary_of))
    seed(name)
    interrupted = ledger_of(Program.objects.get())
    Program.objects.update(slug="twin")

    seed(name)

    twin = Program.objects.latest("pk")
    assert ledger_of(twin) == interrupted
    assert seed(name) == f"{name} is already seeded; nothing to do.\n"
    assert ledger_of(twin) == interrupted


# On a terminal


def test_the_bar_says_the_day_and_how_far_it_has_come():
    terminal = Console(file=io.StringIO(), force_terminal=True, width=120)
    pace = Pace(Amount(days=2, facts=4, orders=3))
    step = Step(date(2010, 12, 1), facts=4, orders=3, ends_day=True)

    with progress_bar(pace, terminal) as show:
        show(step)

    assert "2010-12-01" in terminal.file.getvalue()
    assert "day 1/2  3/3 orders" in terminal.file.getvalue()
