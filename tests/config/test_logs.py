"""What the log says of a request, and what not."""

import pytest

from config.logs import without_shoppers


@pytest.mark.parametrize(
    ("line", "logged"),
    [
        ("PUT /api/v1/members/ada@example.org", "PUT /api/v1/members/…"),
        ("GET /api/v1/members?email=ada%40example.org", "GET /api/v1/members/…"),
        ("Not Found: /api/v1/members/Ada Lovelace/wallets", "Not Found: /api/v1/members/…"),
        ("GET /admin/loyalty/member/?q=ada", "GET /admin/loyalty/member/?…"),
        ("POST /api/v1/orders", "POST /api/v1/orders"),
    ],
)
def test_a_line_says_what_was_asked_for_and_not_about_whom(line, logged):
    assert without_shoppers(None, "info", {"event": line, "request": line}) == {
        "event": logged,
        "request": logged,
    }


def test_what_has_no_address_in_it_stays():
    line = "Is that all? Yes."

    assert without_shoppers(None, "info", {"event": line}) == {"event": line}
