"""What an orchestrator asks: does this process live, and may it get work?"""

from collections.abc import Callable

import structlog
from celery import current_app
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = structlog.get_logger(__name__)


@require_safe
@never_cache
def live(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers. It asks nothing of anything else."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """Say whether everything that serving needs is there, part by part."""
    parts = {name: is_well(name, check) for name, check in CHECKS.items()}
    well = all(parts.values())
    told = {name: "ok" if good else "failed" for name, good in parts.items()}
    return JsonResponse(
        {"status": "ok" if well else "failed", **told},
        status=200 if well else 503,
        headers={} if well else {"Retry-After": "5"},
    )


def is_well(name: str, check: Callable[[], None]) -> bool:
    # Whatever is wrong, the answer is "not ready"; the log says why.
    try:
        check()
    except Exception:
        logger.exception("not_ready", part=name)
        return False
    return True


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_migrations() -> None:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise LookupError(f"not migrated: {', '.join(str(m) for m, _ in missing)}")


def check_broker() -> None:
    with current_app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "broker": check_broker,
}
