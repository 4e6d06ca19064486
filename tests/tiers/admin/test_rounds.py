"""What reviews and merges remember can be found and read, and nobody touches it."""

import pytest
from django.urls import reverse

from tests.factories import NOON, make_member
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.tiers.admin.test_standings import queries_of
from tests.tiers.lives import merge
from tiers.models import MergedTiers, Proof, ReviewChunk
from tiers.services.rounds import begin_round, work_round

READ_ONLY = (MergedTiers, Proof, ReviewChunk)


def live(shop, number):
    """Add a member into whom another one is merged, and review everybody."""
    kept, gone = (make_member(shop, f"{name}-{number}") for name in ("kept", "gone"))
    merge(gone, kept)
    ReviewChunk.objects.all().delete()
    round_number = begin_round(program=shop, at=NOON, parts=number)
    work_round(program=shop, number=round_number, at=NOON)
    # Only PostgreSQL proves by itself.
    Proof.objects.get_or_create(member=kept, defaults={"program": shop, "digest": number})


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda m: m.__name__)
def test_a_list_and_a_page_cost_as_many_queries_however_many_rows_there_are(staff, shop, model):
    live(shop, 1)
    row = model.objects.order_by("pk").first()
    of_one = queries_of(staff, listing(model)), queries_of(staff, page(row))
    live(shop, 2)
    live(shop, 3)
    row = model.objects.order_by("pk").first()

    assert (queries_of(staff, listing(model)), queries_of(staff, page(row))) == of_one


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda m: m.__name__)
def test_nobody_adds_or_deletes_them(staff, shop, model):
    live(shop, 1)
    name, row = f"admin:tiers_{model._meta.model_name}", model.objects.first()

    answers = [
        staff.post(reverse(f"{name}_add"), {}),
        staff.post(page(row), {}),
        staff.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_a_merge_of_tiers_is_found_by_either_member_and_says_what_was_taken(staff, shop):
    live(shop, 1)
    found = MergedTiers.objects.get()

    lists = [staff.get(listing(MergedTiers, q=who)) for who in ("kept-1", "gone-1", "ada")]

    counts = [len(each.context["cl"].result_list) for each in lists]
    assert counts == [1, 1, 0]
    assert "gone-1" in text_of(staff.get(page(found)))


def test_a_stretch_tells_how_far_it_is(staff, shop):
    live(shop, 1)

    text = text_of(staff.get(page(ReviewChunk.objects.get())))

    assert "0 to the end" in text


def test_a_proof_is_found_by_its_member(staff, shop):
    live(shop, 1)

    found = staff.get(listing(Proof, q="kept-1")).context["cl"].result_list

    assert [proof.member.external_id for proof in found] == ["kept-1"]
