"""The event log, for staff to read; and when beat ticks."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django_celery_beat import admin as beat
from django_celery_beat.models import PeriodicTask

from core.models import Event
from core.staff import AnyModelAdmin, Page, ReadOnlyAdmin, facts_of, moment, pretty


class DeliveryFilter(admin.SimpleListFilter):
    """Events that still have to be delivered, or those that were."""

    title = "delivery"
    parameter_name = "delivery"

    def lookups(
        self, request: HttpRequest, model_admin: AnyModelAdmin
    ) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("published", "Published")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        if self.value() is None:
            return queryset
        return queryset.filter(published_at__isnull=self.value() == "waiting")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "type",
        "program_id",
        "member_id",
        "occurred",
        "recorded",
        "published",
    )
    list_filter = (DeliveryFilter,)
    search_fields = ("type",)
    search_help_text = "A type as a whole, such as points.earned, or the number of an event."

    @admin.display(description="occurred (program time)")
    def occurred(self, event: Event) -> str:
        return moment(event.occurred_at)

    @admin.display(description="recorded")
    def recorded(self, event: Event) -> str:
        return moment(event.recorded_at)

    @admin.display(description="published")
    def published(self, event: Event) -> str:
        return moment(event.published_at)

    def found_by(self, term: str) -> Q:
        return Q(pk=int(term)) if is_number(term) else super().found_by(term)

    def page(self, event: Event) -> Page:
        return Page(facts_of(event, leave_out=["data"]), raw=[("Data", pretty(event.data))])


admin.site.unregister(PeriodicTask)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin):  # type: ignore[misc]
    """Beat's own page without the script that is written into it, which no page may have.

    It explained a crontab as soon as it was chosen; now that stands beside it once saved.
    """

    change_form_template = None


def is_number(term: str) -> bool:
    """Tell whether a search term can be the number of a row."""
    return term.isascii() and term.isdecimal() and len(term) < 19
