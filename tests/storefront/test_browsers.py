"""Scripts of other sites: only those the program lists, only with keys for browsers."""

import pytest

from storefront.models import ApiKey
from tests.storefront.conftest import Door, make_key

LISTED, UNLISTED = "https://beans.example", "https://evil.example"
ALLOWED = "Access-Control-Allow-Origin"


@pytest.fixture
def browser(program):
    return Door(make_key(program, kind=ApiKey.Kind.PUBLISHABLE))


def preflight(origin, path="/program"):
    return Door().ask("OPTIONS", path, Origin=origin, Access_Control_Request_Method="GET")


def test_a_listed_site_may_read_the_answer(browser):
    answer = browser.get("/program", Origin=LISTED)

    assert answer[ALLOWED] == LISTED
    assert "Origin" in answer["Vary"]
    assert "X-Request-Id" in answer["Access-Control-Expose-Headers"]


def test_a_listed_site_may_read_a_refusal(browser):
    answer = browser.get("/members", Origin=LISTED)

    assert (answer.status_code, answer[ALLOWED]) == (403, LISTED)


def test_another_site_may_not(browser):
    answer = browser.get("/program", Origin=UNLISTED)

    assert ALLOWED not in answer
    assert "Origin" in answer["Vary"]


def test_a_site_that_another_program_lists_may_not(browser, other_program):
    other_program.origins = [UNLISTED]
    other_program.save(update_fields=["origins"])

    assert ALLOWED not in browser.get("/program", Origin=UNLISTED)


def test_a_secret_key_has_no_business_in_a_browser(door):
    assert ALLOWED not in door.get("/program", Origin=LISTED)


def test_without_a_key_nothing_may_be_read(program):
    assert ALLOWED not in Door().get("/program", Origin=LISTED)


def test_a_browser_may_ask_for_a_listed_site(program):
    answer = preflight(LISTED)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer[ALLOWED] == LISTED
    assert "GET" in answer["Access-Control-Allow-Methods"]
    assert "Authorization" in answer["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("origin", [UNLISTED, "null", "", "https://beans.example.evil.example"])
def test_a_browser_may_not_ask_for_another_site(program, origin):
    answer = preflight(origin)

    assert answer.status_code == 204
    assert ALLOWED not in answer


def test_options_say_which_methods_there_are(program):
    assert Door().ask("OPTIONS", "/clock")["Allow"] == "GET, PUT, HEAD, OPTIONS"
