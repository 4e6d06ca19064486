"""The review queue: what speaks against referrals, side by side, and decisions in bulk."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from core.admin import is_number
from core.errors import DomainError
from core.staff import DASH, AnyModelAdmin, Panel, Tool
from loyalty.admin.acting import note_act, sentence
from loyalty.admin.additions import add_to_overview
from loyalty.admin.showing import link, local, money
from loyalty.models import Member, Program
from referrals.admin.decisions import DECISIONS, PERMISSION, decide
from referrals.admin.referral_words import (
    KIND_WORDS,
    friend_of,
    listed,
    masked_email,
    masked_phone,
    weighed,
)
from referrals.models import Referral
from referrals.queries.programs import referral_setup_of
from referrals.queries.sides import Deeds, Shared, Sides, sides_of
from referrals.rules.fraud import OF_THE_HOME
from referrals.rules.states import State
from referrals.services.digests import first_forgotten_at
from referrals.services.reviews import Decided

SHOWN = 25
# Of those who share something, so many are named.
NAMED = 5
LONGEST_NOTE = 255
# What takes a decision back, right after it.
UNDO = {"approve": "reconsider", "reject": "reopen"}
WITH_ALL = ("program", "code", "advocate", "friend", "referral_program")


class ReviewPages(AnyModelAdmin):
    """The page of the queue, beside the list of all referrals."""

    def review_view(self, request: HttpRequest) -> HttpResponse:
        """Show what waits to be looked at, and take decisions about the chosen."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_decide = request.user.has_perm(PERMISSION)
        if request.method == "POST":
            if not may_decide:
                raise PermissionDenied
            return HttpResponseRedirect(f"{request.path}?{_decide_all(request)}")
        program = chosen_program(request)
        waiting = waiting_in(program)
        rows = list(waiting.select_related(*WITH_ALL).order_by("claimed_at", "pk")[:SHOWN])
        context = self.admin_site.each_context(request) | {
            "title": "To review",
            "subtitle": program or "",
            "opts": self.opts,
            "may_decide": may_decide,
            "programs": list(Program.objects.order_by("pk")[:100]),
            "program": program,
            "all_chosen": request.GET.get("choose") == "all",
            "shown": SHOWN,
            "count": waiting.count(),
            "cases": cases_of(rows),
            "decided": _decided(request),
        }
        return TemplateResponse(request, "admin/referrals/referral/review.html", context)


def chosen_program(request: HttpRequest) -> Program | None:
    number = request.GET.get("program", "")
    return Program.objects.filter(pk=number).first() if is_number(number) else None


def waiting_in(program: Program | None) -> QuerySet[Referral]:
    """Return the referrals that wait to be looked at, of one program or all."""
    programs = [program.pk] if program else list(Program.objects.values_list("pk", flat=True))
    return Referral.objects.filter(program__in=programs, state=State.FLAGGED.value)


def reviews_waiting(program: Program) -> list[Tool]:
    """Say on the overview how many referrals wait to be looked at."""
    count = waiting_in(program).count()
    if not count:
        return []
    address = f"{reverse('admin:referrals_referral_review')}?program={program.pk}"
    return [Tool(f"{count:,} referral{'' if count == 1 else 's'} to review", address)]


add_to_overview(reviews_waiting)


def _decide_all(request: HttpRequest) -> str:
    """Decide about the chosen, one by one; return where to go on, with what was decided."""
    address = QueryDict(mutable=True)
    if program := request.GET.get("program"):
        address["program"] = program
    name, note = request.POST.get("do", ""), request.POST.get("note", "").strip()
    chosen = [pk for pk in request.POST.getlist("chosen") if is_number(pk)][:SHOWN]
    if name not in DECISIONS or not chosen:
        messages.warning(request, "Nothing was chosen.")
    elif not note:
        messages.warning(request, "Nothing was decided: say why.")
    else:
        done = _decide_each(request, chosen, name, note[:LONGEST_NOTE])
        if done and name in UNDO:
            address["did"] = name
            address.setlist("of", [str(referral.pk) for referral in done])
    return address.urlencode()


def _decide_each(
    request: HttpRequest, chosen: Sequence[str], name: str, note: str
) -> list[Referral]:
    said, done = DECISIONS[name][1], []
    rows = Referral.objects.filter(pk__in=chosen).select_related("program")
    decided = Decided(request.user.get_username(), note)
    # In the order in which they were claimed, as an advocate's cap counts them.
    for referral in rows.order_by("claimed_at", "pk"):
        try:
            decide(referral, name, decided)
        except DomainError as error:
            messages.error(request, f"Referral {referral}: {sentence(error.detail)}")
            continue
        note_act(request, referral, said.capitalize())
        done.append(referral)
    if done:
        messages.success(request, f"{len(done)} {said}.")
    return done


def _decided(request: HttpRequest) -> dict[str, Any] | None:
    """Return what was just decided, and what takes that back."""
    name = request.GET.get("did", "")
    numbers = [pk for pk in request.GET.getlist("of") if is_number(pk)][:SHOWN]
    if name not in UNDO or not numbers:
        return None
    rows = list(Referral.objects.filter(pk__in=numbers).order_by("pk"))
    return {
        "rows": rows,
        "text": listed([link(row) for row in rows], len(rows)),
        "said": DECISIONS[name][1],
        "undo": UNDO[name],
    }


def cases_of(referrals: Sequence[Referral]) -> list[dict[str, Any]]:
    """Return what the page says of referrals: as many queries for many as for one."""
    sides = sides_of(referrals)
    numbers = {pk for r in referrals for each in sides.shared[r.pk] for pk in each.members}
    members = Member.objects.in_bulk(numbers)
    return [_case(referral, sides, members) for referral in referrals]


def _case(referral: Referral, sides: Sides, members: dict[int, Member]) -> dict[str, Any]:
    program = referral.program
    setup = referral_setup_of(program)
    fraud = setup.compiled(referral.terms_id).fraud
    return {
        "pk": referral.pk,
        "referral": link(referral),
        "text": f"{referral} by {referral.advocate}",
        "terms": referral.referral_program,
        "program": program,
        "claimed": local(referral.claimed_at, program),
        "score": referral.score,
        "review_at": fraud.review_at,
        "block_at": fraud.block_at,
        "why_it_waits": why_it_waits(referral, fraud.block_at),
        "reasons": weighed(referral, fraud.weights),
        "sides": sides_panel(referral, sides),
        "shared": shared_panel(referral, sides.shared[referral.pk], members),
    }


def why_it_waits(referral: Referral, block_at: int) -> str:
    """Say why nobody was turned down with a score that turns down; or nothing."""
    if referral.score < block_at:
        return ""
    if OF_THE_HOME.issuperset(referral.reasons):
        return "It waits all the same: what a household shares turns nobody down by itself."
    return (
        "It waits all the same: what comes to light after a claim turns nobody down by itself."
    )


def sides_panel(referral: Referral, sides: Sides) -> Panel:
    """Return advocate and friend beside each other."""
    program = referral.program
    advocate, friend = referral.advocate, referral.friend
    ours, theirs = sides.deeds_of(advocate.pk), sides.deeds_of(referral.friend_id)
    rows: list[tuple[str, object, object]] = [
        ("Who", link(advocate), friend_of(referral)),
        (
            "Joined",
            local(advocate.joined_at, program),
            local(friend.joined_at, program) if friend else DASH,
        ),
        (
            "E-mail",
            masked_email(advocate.email),
            masked_email(friend.email) if friend else "not enrolled yet: kept as a hash",
        ),
        ("Phone", masked_phone(advocate.phone), masked_phone(friend.phone if friend else "")),
        ("Orders that count", f"{ours.orders:,}", f"{theirs.orders:,}"),
        ("Worth, net", _worth(ours, program), _worth(theirs, program)),
        ("Has referred", _referred(ours), _referred(theirs)),
    ]
    return Panel("Side by side", ("", "Advocate", "Friend"), rows)


def _worth(deeds: Deeds, program: Program) -> str:
    # As words, not as a figure: it stands beside its counterpart.
    return str(money(deeds.worth, program))


def _referred(deeds: Deeds) -> str:
    if not deeds.referred:
        return "nobody"
    return f"{deeds.referred:,}: {deeds.rewarded:,} rewarded, {deeds.turned_down:,} rejected"


def shared_panel(
    referral: Referral, shared: Sequence[Shared], members: dict[int, Member]
) -> Panel:
    """Return what the friend is known by, and who else is known by the same."""
    rows = [
        (
            KIND_WORDS[each.kind],
            "the advocate's" if each.by_advocate else DASH,
            *_who(each, members),
        )
        for each in shared
        if each.is_shared
    ]
    alone = [KIND_WORDS[each.kind] for each in shared if not each.is_shared]
    note = f"Nobody else is known by the friend's {_and(alone)}." if alone else ""
    return Panel(
        "What the friend is known by, and others are, too",
        ("By", "Advocate", "Other members", "Other claims"),
        rows,
        note=note,
        empty="" if alone else _unknown(referral),
    )


def _unknown(referral: Referral) -> str:
    """Say of a friend who is known by nothing whether something may have been forgotten."""
    program, friend = referral.program, referral.friend
    if friend is not None and friend.status == Member.Status.ERASED:
        return "What the friend was known by is forgotten by now."
    if first_forgotten_at(referral.claimed_at, program.zone) > program.now():
        return "Nothing was known of the friend but an id."
    return "Nothing is known of the friend by now but an id."


def _who(shared: Shared, members: dict[int, Member]) -> tuple[object, object]:
    if shared.claims:
        return DASH, f"{shared.claims:,} in all"
    named = [link(members[pk]) for pk in shared.members[:NAMED] if pk in members]
    claims = [link(Referral(pk=pk)) for pk in shared.referrals[:NAMED]]
    return (
        listed(named, len(shared.members)) if named else DASH,
        listed(claims, len(shared.referrals)) if claims else DASH,
    )


def _and(words: Sequence[str]) -> str:
    lower = [word if word.startswith("IP") else word.lower() for word in words]
    return " and ".join(filter(None, [", ".join(lower[:-1]), lower[-1]]))
