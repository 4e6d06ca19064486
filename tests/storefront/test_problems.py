"""What a refusal looks like, whatever went wrong."""

import json
from urllib.parse import unquote_to_bytes
from uuid import UUID

import pytest
import structlog
from django.db import OperationalError, connection
from django.test import Client

from config.wsgi import application
from loyalty.models import Member, Order
from tests.storefront.conftest import Door, make_key, order

MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}


def test_a_problem_has_the_members_of_rfc_9457(door):
    answer = door.get("/members/nobody")

    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:perennial:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such member in this program.",
        "code": "not_found",
        "request_id": answer["X-Request-Id"],
    }


def test_a_faulty_field_is_named_by_a_pointer(door):
    body = {"status": "paid", "lines": [{"unit_price": 5, "quantitty": 2}]}

    problem = door.put("/orders/1001", body).json()

    assert problem["code"] == "unknown_field"
    [error] = problem["errors"]
    assert (error["pointer"], error["code"]) == ("/lines/0/quantitty", "unknown_field")
    assert "quantity" in error["detail"]


def test_several_faults_share_the_code_invalid(door):
    problem = door.put("/orders/1001", {"status": "payed", "subtotal": -1}).json()

    assert problem["code"] == "invalid"
    assert {error["code"] for error in problem["errors"]} == {"invalid_choice", "negative"}


def test_a_refusal_brings_its_own_members(door, ada):
    body = {"point_type": "points", "points": -120, "reason": "mistake"}

    answer = door.post("/members/ada/adjustments", body, Idempotency_Key="a")

    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["short_by"]) == ("insufficient_points", 20)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (b'{"status": "paid",\n "subtotal" 5}', "invalid_json", (2, 13)),
        (b"{", "invalid_json", (1, 2)),
        (b"", "required", None),
        (b"\xff\xfe", "not_utf8", None),
        (b'{"subtotal": NaN}', "invalid_json", None),
        (b'{"subtotal": -Infinity}', "invalid_json", None),
        (b'{"status": "paid", "status": "cancelled"}', "duplicate_name", None),
        (b'{"subtotal": ' + b"9" * 5000 + b"}", "out_of_range", None),
        (b'{"subtotal": 1e99999999999999999999}', "out_of_range", None),
        (b"[" * 100_000, "too_deep", None),
        (b"[]", "wrong_type", None),
        (b'"paid"', "wrong_type", None),
        (b"null", "wrong_type", None),
    ],
)
def test_what_is_no_proper_json_is_refused_by_name(door, text, code, place):
    answer = door.put("/orders/1001", text)

    problem = answer.json()
    assert answer.status_code == 400
    assert code in {error["code"] for error in problem["errors"]}
    if place:
        assert (problem["line"], problem["column"]) == place
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (b'{"status": "paid", "status": "paid"}', "/status"),
        (b'{"attributes": {"a/b": 1, "c": 2, "a/b": 1}}', "/attributes/a~1b"),
        (b'{"x": {}, "lines": [{"id": "1"}, {"sku": "A", "sku": "A"}]}', "/lines/1/sku"),
        (b'{"a": {"b": 1, "b": 2}, "c": 1, "c": 2}', "/c"),
    ],
)
def test_a_name_that_is_said_twice_is_named_by_a_pointer(door, text, pointer):
    [error] = door.put("/orders/1001", text).json()["errors"]

    assert (error["pointer"], error["code"]) == (pointer, "duplicate_name")


def test_a_name_that_is_said_twice_in_no_json_is_no_json(door):
    answer = door.put("/orders/1001", b'{"a": {"b": 1, "b": 1}')

    assert answer.json()["code"] == "invalid_json"


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (b'{"a": "\0"}', "Invalid control character at line 1, column 8."),
        (b'{"a": "b', "Unterminated string starting at line 1, column 7."),
    ],
)
def test_a_message_leads_to_its_place_once(door, text, detail):
    assert door.put("/orders/1001", text).json()["detail"] == detail


def test_a_byte_order_mark_does_no_harm(door):
    text = b"\xef\xbb\xbf" + json.dumps(order()).encode()

    assert door.put("/orders/1001", text).status_code == 201


@pytest.mark.parametrize(
    "form", ["text/plain", "application/x-www-form-urlencoded", "nonsense"]
)
def test_another_content_type_is_refused(door, form):
    answer = door.put("/orders/1001", order(), Content_Type=form)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_above_a_megabyte_is_refused(door):
    answer = door.put("/orders/1001", b'{"status": "' + b"x" * 1_000_000 + b'"}')

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_batch_may_be_larger_but_five_megabytes_are_a_mistake(door):
    line = b'{"kind": "event", "type": "' + b"x" * 5_000_000 + b'"}'

    answer = door.post("/batches", line, Content_Type="application/x-ndjson")

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_body_in_chunks_is_refused_rather_than_taken_for_empty(door):
    answer = Client().generic(
        "PUT",
        "/api/v1/members/ada",
        headers={"Authorization": f"Bearer {door.token}", "Transfer-Encoding": "chunked"},
    )

    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
    assert not Member.objects.exists()


@pytest.mark.parametrize(
    "path", ["/nothing", "/orders/", "/orders/1001/", "/members//wallets", "/orders//", "/"]
)
def test_an_unknown_address_is_a_problem_as_well(door, path):
    answer = door.put(path, order())

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Order.objects.exists()


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v2/orders"])
def test_what_lies_beside_this_version_is_a_problem_as_well(db, path):
    answer = Client().get(path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/schema", "/docs"])
def test_the_pages_of_the_document_are_only_read(db, path):
    answer = Client(enforce_csrf_checks=True).post(f"/api/v1{path}")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/members/%FF", "/orders/a%C3%28", "/nothing/%ED%A0%80"])
def test_an_address_that_is_no_text_is_refused_by_name(program, path):
    environ = Client()._base_environ(
        PATH_INFO=unquote_to_bytes(f"/api/v1{path}").decode("latin-1"),
        HTTP_AUTHORIZATION=f"Bearer {make_key(program)}",
    )
    begun = []

    body = b"".join(application(environ, lambda *begin: begun.append(begin)))

    [(status, _)] = begun
    assert (status, json.loads(body)["code"]) == ("400 Bad Request", "not_utf8")


def test_a_query_that_is_no_text_is_refused_by_name(door):
    answer = door.get("/members?card=%FF")

    assert (answer.status_code, answer.json()["code"]) == (400, "not_utf8")


def test_an_id_may_look_like_a_byte_that_is_no_text(door):
    assert door.put("/members/%25FF", {}).json()["id"] == "%FF"


def test_a_method_that_is_not_there_says_which_are(door):
    answer = door.ask("DELETE", "/orders/1001")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, PUT, HEAD, OPTIONS"


def database_failing(error, *, at):
    """Let every statement that names `at` fail, as a broken connection would."""

    def execute(run, sql, *arguments):
        if at in sql:
            raise error
        return run(sql, *arguments)

    return connection.execute_wrapper(execute)


def test_what_nobody_foresaw_is_500_and_tells_nothing(door):
    with database_failing(RuntimeError("secret detail"), at="loyalty_order"):
        answer = door.put("/orders/1001", order())

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json().keys() == MEMBERS
    assert b"secret" not in answer.content


@pytest.mark.parametrize("table", ["storefront_apikey", "loyalty_member", "loyalty_order"])
def test_a_database_out_of_reach_is_503_and_says_when_to_come_back(door, table):
    with database_failing(OperationalError("no route to host"), at=table):
        answer = door.put("/orders/1001", order(), Origin="https://beans.example")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    assert b"route" not in answer.content


@pytest.mark.parametrize(
    ("path", "pointer", "code"),
    [
        ("/members?emial=ada@example.org", "/emial", "unknown_field"),
        ("/members?email=a@example.org&email=b@example.org", "/email", "duplicate"),
        ("/members?email=nonsense", "/email", "invalid_email"),
        ("/members?card=%00", "/card", "nul_character"),
        ("/orders?limit=0", "/limit", "out_of_range"),
        ("/orders?limit=201", "/limit", "out_of_range"),
        ("/orders?limit=ten", "/limit", "out_of_range"),
        ("/orders?cursor=nonsense", "/cursor", "invalid_cursor"),
        ("/members/ada/entries?kind=earned", "/kind", "invalid_choice"),
        ("/members/ada/entries?point_type=pionts", "/point_type", "unknown_point_type"),
        ("/members/ada/wallets?at=yesterday", "/at", "invalid_time"),
        ("/members/ada/wallets?at=9999-12-31T23:59:59Z", "/at", "out_of_range"),
        ("/members/ada/wallets?at=9999-12-31T23:59:59-14:00", "/at", "out_of_range"),
        ("/members/ada/wallets?at=1899-12-31T23:59:59Z", "/at", "out_of_range"),
        ("/members/ada?format=json", "/format", "unknown_field"),
        ("/program?x", "/x", "unknown_field"),
    ],
)
def test_a_faulty_parameter_is_named(door, ada, path, pointer, code):
    answer = door.get(path)

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


def test_an_id_that_cannot_be_is_not_there(door):
    ids = ["%00", "a%00b", "x" * 256, "%20", "%0A"]

    assert {door.get(f"/members/{each}").status_code for each in ids} == {404}


def test_an_id_that_cannot_be_is_not_enrolled(door):
    ids = ["%00", "a%00b", "x" * 256, "%20", "%0A"]

    assert {door.put(f"/members/{each}", {}).status_code for each in ids} == {400}
    assert not Member.objects.exists()


@pytest.mark.parametrize(
    "id_", ["a/b", "a//b", "ä ö", "50%", "wallets", "?", "#1", "a+b", "🐝"]
)
def test_an_id_may_be_anything_else(door, id_):
    path = "/members/" + "".join(f"%{byte:02X}" for byte in id_.encode())

    assert door.put(path, {}).status_code == 201
    assert door.get(path).json()["id"] == id_


def test_a_request_id_is_given_back(door):
    assert door.get("/program", X_Request_Id="checkout 7")["X-Request-Id"] == "checkout 7"


@pytest.mark.parametrize("stated", ["", "x" * 129, "ünprintable", "a\tb"])
def test_another_request_id_is_made(door, stated):
    answer = door.get("/program", X_Request_Id=stated)

    assert UUID(answer["X-Request-Id"])


def test_two_requests_have_two_ids(program):
    door = Door(make_key(program))

    assert door.get("/program")["X-Request-Id"] != door.get("/program")["X-Request-Id"]


def test_the_log_has_one_id_from_the_start_to_the_end_of_a_request(door, caplog):
    caplog.set_level("INFO")
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        answer = door.get("/program")

    asked = {line["request_id"] for line in lines if line["event"].startswith("request_")}
    assert asked == {answer["X-Request-Id"]}


@pytest.mark.parametrize("path", ["/program", "/nowhere"])
def test_a_host_that_is_not_ours_is_refused_as_a_problem(door, path):
    answer = door.get(path, Host="elsewhere.example")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "unknown_host"
    assert answer["X-Request-Id"] == answer.json()["request_id"]


def test_people_who_come_by_another_host_get_a_page(client, db):
    answer = client.get("/admin/", headers={"Host": "elsewhere.example"})

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
