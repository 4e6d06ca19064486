"""The limit of an answer over HTTP: bare views of REST framework, plain dicts, raw SQL."""

import gc
import os
from functools import cache
from itertools import count

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
settings.ROOT_URLCONF = __name__
# It says how long an answer is; else it would go out in chunks.
settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
application = get_wsgi_application()

from django.db import connection, transaction  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from core.bulk import prepared_cursor  # noqa: E402
from loyalty.models import Member  # noqa: E402
from tests.bench import rows  # noqa: E402

PROGRAM = int(os.environ["BENCH_PROGRAM"])
# Apart from the numbers that other processes give.
rows.numbers = count(5_000_000_000)
gc.freeze()


@cache
def template() -> rows.BareOrder:
    return rows.BareOrder(Member.objects.get(program=PROGRAM, external_id="m0"))


class BareView(APIView):
    authentication_classes = permission_classes = ()


class OrderView(BareView):
    """As many statements as ours: thirteen, with BEGIN and COMMIT."""

    def put(self, request: Request, order_id: str) -> Response:
        stated = request.data
        bare = template()
        with transaction.atomic(), prepared_cursor() as cursor:
            cursor.execute("SELECT * FROM storefront_apikey WHERE program_id = %s", [PROGRAM])
            cursor.fetchall()
            cursor.execute(
                "SELECT * FROM loyalty_member WHERE program_id = %s AND external_id = %s",
                [PROGRAM, stated["member"]],
            )
            member = cursor.fetchone()
            cursor.execute(
                "SELECT * FROM loyalty_wallet WHERE member_id = %s FOR UPDATE", [member[0]]
            )
            wallet = cursor.fetchone()
            cursor.execute(
                "SELECT * FROM loyalty_order WHERE program_id = %s AND external_id = %s",
                [PROGRAM, order_id],
            )
            cursor.execute("SELECT nextval('loyalty_decision_id_seq')")
            rows.write_one(cursor, bare, wallet[0])
        return Response(
            {
                "id": order_id,
                "version": stated["version"],
                "applied": True,
                "status": stated["status"],
                "member": stated["member"],
                "points": [{"point_type": "points", "target": 75, "delta": 75}],
                "wallets": {"points": {"available": 0, "pending": 75, "held": 0, "debt": 0}},
            }
        )


class WalletsView(BareView):
    def get(self, request: Request, member_id: str) -> Response:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT available, pending, held, debt, lifetime_earned, lifetime_redeemed, "
                "lifetime_expired FROM loyalty_wallet WHERE member_id = "
                "(SELECT id FROM loyalty_member WHERE program_id = %s AND external_id = %s)",
                [PROGRAM, member_id],
            )
            names = [column.name for column in cursor.description]
            wallets = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return Response({"wallets": {"points": wallets[0]}})


urlpatterns = [
    path("api/v1/orders/<str:order_id>", OrderView.as_view()),
    path("api/v1/members/<str:member_id>/wallets", WalletsView.as_view()),
]
