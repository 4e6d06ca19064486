"""What nobody edits cannot be edited, whoever asks and however."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from loyalty.models import Entry, Member, Program
from tests.loyalty.admin.conftest import listing, page, text_of
from tests.loyalty.admin.shop import EDITABLE, READ_ONLY, live_a_day, open_shop


def address(model, name, *args):
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda m: m.__name__)
def test_not_even_a_superuser_adds_changes_or_deletes(staff, model):
    live_a_day(open_shop(), 1)
    row = model.objects.first()
    before = list(model.objects.values())

    answers = [
        staff.post(address(model, "add"), {}),
        staff.post(address(model, "change", row.pk), {}),
        staff.post(address(model, "delete", row.pk), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert list(model.objects.values()) == before


@pytest.mark.parametrize("model", [*READ_ONLY, *EDITABLE], ids=lambda m: m.__name__)
def test_nothing_is_deleted_from_a_list(staff, model):
    live_a_day(open_shop(), 1)
    row = model.objects.first()
    chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}

    staff.post(listing(model), chosen)

    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", EDITABLE, ids=lambda m: m.__name__)
def test_what_is_edited_is_archived_and_never_deleted(staff, model):
    open_shop()
    row = model.objects.first()

    assert staff.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


@pytest.fixture
def onlooker(db):
    """Somebody who may look at entries and members, and do nothing."""
    user = User.objects.create_user("lee", is_staff=True)
    may = ("view_entry", "view_member", "view_earningrule", "view_program")
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    client = Client()
    client.force_login(user)
    return client


def test_who_may_look_sees_what_is_allowed_and_nothing_else(staff, onlooker):
    member = live_a_day(open_shop(), 1)
    wallet = member.wallets.get()

    assert onlooker.get(page(Entry.objects.first())).status_code == 200
    assert onlooker.get(page(wallet)).status_code == 403


def test_who_may_look_cannot_adjust_publish_or_change_a_rule(staff, onlooker):
    program = open_shop()
    member = live_a_day(program, 1)
    rule = program.earning_rules.get(code="spend")
    before = Entry.objects.count()

    refused = [
        onlooker.post(reverse("admin:loyalty_member_adjust", args=[member.pk]), {}),
        onlooker.post(reverse("admin:loyalty_program_publish", args=[program.pk]), {}),
        onlooker.post(reverse("admin:loyalty_earningrule_try", args=[rule.pk]), {}),
        onlooker.post(reverse("admin:loyalty_earningrule_archive", args=[rule.pk]), {}),
        onlooker.post(page(rule), {}),
    ]

    assert {answer.status_code for answer in refused} == {403}
    assert Entry.objects.count() == before


def test_who_may_look_reads_a_rule_as_the_program_file_writes_it(staff, onlooker):
    program = open_shop()

    text = text_of(onlooker.get(page(program.earning_rules.get(code="spend"))))

    assert "&quot;per&quot;: &quot;1.00&quot;" in text


def test_the_secret_of_a_key_is_nowhere_on_its_page(staff):
    program = open_shop()
    key = program.api_keys.get()

    text = text_of(staff.get(page(key)))

    assert key.public_id in text
    assert bytes(key.secret_hash).hex() not in text


def test_a_key_is_revoked_on_its_page_and_stays_so(staff):
    key = open_shop().api_keys.get()
    address = reverse("admin:storefront_apikey_revoke", args=[key.pk])

    staff.post(address, {"key": "form-1"})
    key.refresh_from_db()
    first = key.revoked_at
    staff.post(address, {"key": "form-2"})
    key.refresh_from_db()

    assert first is not None
    assert key.revoked_at == first


def test_a_key_is_not_revoked_by_a_mere_link(staff):
    key = open_shop().api_keys.get()

    answer = staff.get(reverse("admin:storefront_apikey_revoke", args=[key.pk]))

    key.refresh_from_db()
    assert "cannot be undone" in text_of(answer)
    assert key.revoked_at is None


def test_no_page_needs_scripts_or_styles_of_its_own(staff):
    program = open_shop()
    member = live_a_day(program, 1)
    pages = [
        reverse("admin:index"),
        listing(Member),
        page(member),
        page(program.earning_rules.first()),
        reverse("admin:loyalty_program_publish", args=[program.pk]),
        reverse("admin:loyalty_member_adjust", args=[member.pk]),
        page(Program.objects.get()),
        reverse("admin:django_celery_beat_periodictask_add"),
    ]

    for each in pages:
        response = staff.get(each)
        text = response.content.decode()
        assert "style=" not in text, each
        assert "<style" not in text, each
        assert "<script>" not in text, each
        assert "onclick" not in text, each
        assert "default-src 'self'" in response["Content-Security-Policy"]


def test_staff_add_a_periodic_task(staff):
    hourly = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    form = {"name": "tick", "regtask": "engine.tasks.tick", "interval": hourly.pk}
    address = reverse("admin:django_celery_beat_periodictask_add")

    staff.post(address, form | {"enabled": "on", "args": "[]", "kwargs": "{}", "headers": "{}"})

    task = PeriodicTask.objects.get(name="tick")
    assert (task.task, task.interval) == ("engine.tasks.tick", hourly)
    assert staff.get(page(task)).status_code == 200
