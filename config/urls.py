"""Every door: the admin, the API and what an orchestrator asks."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from storefront import health
from storefront.api import links
from storefront.api.program_view import NothingHere

handler400 = "storefront.api.program_view.answer_unread"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("storefront.api.urls")),
    re_path(r"^api(?:/|$)", NothingHere.as_view()),
    path("r/<str:typed>", links.follow_link, name="referral-link"),
    path("r/<str:typed>/qr.svg", links.draw_link),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("health/live", health.live),
    path("health/ready", health.ready),
]
