"""Referral links: they lead a friend to the shop, with a token that tells who sent them."""

from io import BytesIO
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from segno import make_qr

from core.errors import NotFound
from referrals.models import ReferralCode
from referrals.queries.codes import codes_like, is_first_of_its_kind
from referrals.rules.refusals import ProgramEnded
from referrals.rules.targets import home_of, is_within, with_parameter
from referrals.services.clicks import record_click
from referrals.services.digests import Context

CARRIED_AS = "click_token"
LONGEST_AGENT = 1000

UNKNOWN = (404, "This link is not known", "Ask whoever gave it to you for another one.")
NOWHERE = (404, "This link leads nowhere yet", "The shop has not said where its site is.")
ELSEWHERE = (400, "This link leads elsewhere", "It does not lead to a site of the shop.")


@require_safe
def follow_link(request: HttpRequest, typed: str) -> HttpResponse:
    """Count a click, and lead the visitor to a page of the program's own sites.

    Only what people do is counted as theirs: a HEAD counts nothing.
    """
    code = _code_of(request, typed)
    if code is None:
        return _page(request, *UNKNOWN)
    origins = code.program.origins
    target = request.GET.get("to") or home_of(origins)
    if target is None:
        return _page(request, *NOWHERE)
    if not is_within(origins, target):
        return _page(request, *ELSEWHERE)
    try:
        token = _token_of(request, code) if request.method == "GET" else ""
    except NotFound:
        return _page(request, *UNKNOWN)
    answer = HttpResponseRedirect(with_parameter(target, CARRIED_AS, token))
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


@require_safe
def draw_link(request: HttpRequest, typed: str) -> HttpResponse:
    """Draw a link as a QR code (ISO/IEC 18004), for paper and for screens."""
    code = _code_of(request, typed)
    if code is None:
        return _page(request, *UNKNOWN)
    drawn = BytesIO()
    picture = make_qr(link_of(request, code, channel="qr"), error="m")
    picture.save(drawn, kind="svg", scale=8, light="white", xmldecl=False)
    answer = HttpResponse(drawn.getvalue(), content_type="image/svg+xml")
    answer["Cache-Control"] = "public, max-age=86400"
    return answer


def link_of(request: HttpRequest, code: ReferralCode, *, channel: str = "") -> str:
    """Return the link of a code on this server. It names the program only if it has to."""
    asked = {"c": channel} if channel else {}
    if not is_first_of_its_kind(code):
        asked["p"] = code.program.slug
    path = reverse("referral-link", args=[code.shown])
    return request.build_absolute_uri(path) + (f"?{urlencode(asked)}" if asked else "")


def picture_of(request: HttpRequest, code: ReferralCode) -> str:
    """Return where the QR code of a link is drawn."""
    page, mark, query = link_of(request, code).partition("?")
    return f"{page}/qr.svg{mark}{query}"


def visit_of(request: HttpRequest) -> Context:
    """Return who is calling: the address of the connection, and what the caller says."""
    agent = request.META.get("HTTP_USER_AGENT", "")[:LONGEST_AGENT]
    return Context(ip=request.META.get("REMOTE_ADDR", ""), user_agent=agent)


def _code_of(request: HttpRequest, typed: str) -> ReferralCode | None:
    slug = request.GET.get("p", "")
    # What is not printable cannot even be asked for.
    if not (typed.isprintable() and slug.isprintable()):
        return None
    return codes_like(typed, slug).first()


def _token_of(request: HttpRequest, code: ReferralCode) -> str:
    """Count a click; return the token that a person takes along, "" for anybody else.

    :raises NotFound: if the owner of the code takes part no more
    """
    try:
        clicked = record_click(
            program=code.program,
            code=code.shown,
            channel=request.GET.get("c", ""),
            visit=visit_of(request),
            at=code.program.now(),
        )
    except ProgramEnded:
        # Nobody can be referred any more; the shop is there all the same.
        return ""
    return "" if clicked.is_bot else quote(clicked.token, safe="")


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    told = {"title": title, "text": text}
    return render(request, "storefront/link_page.html", told, status=status)
