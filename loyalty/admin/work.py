"""The work list: rewards that somebody has to send or do, oldest first."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from core.admin import is_number
from core.errors import DomainError
from core.staff import AnyModelAdmin
from loyalty.admin.acting import note_act, sentence
from loyalty.admin.reward_words import gives_in_words, mark, name_of
from loyalty.admin.showing import link, local
from loyalty.models import Program, Redemption
from loyalty.services.redemptions import set_fulfilment

SHOWN = 100
WAITING = (Redemption.Fulfilment.OPEN, Redemption.Fulfilment.IN_PROGRESS)
DOING: Mapping[str, tuple[str, str]] = {
    "take": (Redemption.Fulfilment.IN_PROGRESS.value, "taken"),
    "fulfil": (Redemption.Fulfilment.FULFILLED.value, "fulfilled"),
    "cancel": (Redemption.Fulfilment.CANCELLED.value, "cancelled"),
}


def fulfil(redemption: Redemption, status: str, note: str) -> None:
    """Note how far the work on a redemption has come.

    :raises NothingToFulfil: if there is none
    """
    at = redemption.program.now()
    set_fulfilment(redemption=redemption, status=status, note=note, at=at)


class WorkPages(AnyModelAdmin):
    """The page of the work list, beside the list of all redemptions."""

    def work_view(self, request: HttpRequest) -> HttpResponse:
        """Show what is to be done, and note how far the chosen work has come."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_work = request.user.has_perm("loyalty.change_redemption")
        if request.method == "POST":
            if not may_work:
                raise PermissionDenied
            self._work(request)
            return HttpResponseRedirect(request.get_full_path())
        program = _program(request)
        context = self.admin_site.each_context(request) | {
            "title": "To send or do",
            "subtitle": program or "",
            "opts": self.opts,
            "may_work": may_work,
            "programs": list(Program.objects.order_by("pk")[:SHOWN]),
            "program": program,
            "shown": SHOWN,
        }
        context |= _waiting(program)
        return TemplateResponse(request, "admin/loyalty/redemption/work.html", context)

    def _work(self, request: HttpRequest) -> None:
        status, said = DOING.get(request.POST.get("do", ""), ("", ""))
        chosen = [pk for pk in request.POST.getlist("chosen") if is_number(pk)][:SHOWN]
        if not status or not chosen:
            messages.warning(request, "Nothing was chosen.")
            return
        note = request.POST.get("note", "").strip()[:255]
        done = 0
        rows = Redemption.objects.filter(pk__in=chosen).select_related("program", "reward")
        for redemption in rows.order_by("held_at", "pk"):
            try:
                fulfil(redemption, status, note or redemption.fulfilment_note)
            except DomainError as error:
                messages.error(request, sentence(error.detail))
                continue
            note_act(request, redemption, said)
            done += 1
        if done:
            messages.success(request, f"{done} {said}.")


def _program(request: HttpRequest) -> Program | None:
    number = request.GET.get("program", "")
    return Program.objects.filter(pk=number).first() if is_number(number) else None


def _waiting(program: Program | None) -> dict[str, Any]:
    """Return the rows that are shown, and how many there are in all."""
    waiting = Redemption.objects.filter(fulfilment__in=WAITING)
    if program is not None:
        waiting = waiting.filter(program=program)
    oldest = waiting.select_related("program", "member", "reward").order_by("held_at", "pk")
    return {
        "rows": [_row(redemption) for redemption in oldest[:SHOWN]],
        "count": waiting.count(),
    }


def _row(redemption: Redemption) -> dict[str, Any]:
    program, member = redemption.program, redemption.member
    since = redemption.settled_at or redemption.held_at
    named = name_of(redemption, program)
    given = gives_in_words(redemption.gives, program)
    return {
        "pk": redemption.pk,
        "id": str(redemption),
        "name": link(redemption, named),
        "what": "" if given == named else given,
        "text": f"{named} for {member}",
        "member": link(member),
        "address": member.email or member.phone or member.external_id,
        "since": local(since, program),
        "age": _age(program.now() - since),
        "order": redemption.order_ref,
        "state": mark(redemption.fulfilment, redemption.get_fulfilment_display()),
        "note": redemption.fulfilment_note,
        "program": program,
    }


def _age(age: timedelta) -> str:
    """Return how long something waits, as people say it."""
    if age < timedelta(days=1):
        return "today" if age >= timedelta(0) else ""
    return "a day" if age.days == 1 else f"{age.days} days"
