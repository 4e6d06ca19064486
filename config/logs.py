"""Logs: one JSON object a line, with the id of the request it belongs to."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# Of an address in a line what comes after the noun, and whatever was asked for: ids
# and e-mail addresses of shoppers, who have a right to be forgotten.
WHOSE = re.compile(r"(/api/v1/\w+)[/?].*|\?\S+")


def without_shoppers(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Take out of a line of the log whom a request was about."""
    for name in ("event", "request"):
        text = line.get(name)
        if isinstance(text, str):
            line[name] = WHOSE.sub(lambda found: f"{found[1]}/…" if found[1] else "?…", text)
        elif text is not None:
            # Django's own lines carry the request itself.
            line[name] = WHOSE.sub(r"\1/…", repr(text))
    return line


def json_lines(level: str) -> dict[str, Any]:
    """Set up structlog, and return the LOGGING that sends everybody's lines with ours."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_shoppers,
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
