"""Django's admin, opened on our own site."""

from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    """Staff work at `loyalty.admin.site`."""

    default_site = "loyalty.admin.site.staff_site"
