"""Logs: one JSON object a line, with the id of the request it belongs to."""

from typing import Any

import structlog


def json_lines(level: str) -> dict[str, Any]:
    """Set up structlog, and return the LOGGING that sends everybody's lines with ours."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            formatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    json = {
        "()": formatter,
        "foreign_pre_chain": shared,
        "processors": [formatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": json},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        # Django would print to the terminal in a form of its own as well.
        "loggers": {"django": {"handlers": [], "propagate": True}},
    }
