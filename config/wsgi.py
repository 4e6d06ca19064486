"""The WSGI door, for an application server."""

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()
# What has been imported stays for good: the collector need not go through it again.
gc.freeze()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request. Django decodes the path and forgets its bytes; we keep them."""
    # PEP 3333 hands over bytes as Latin-1.
    environ["perennial.path"] = environ.get("PATH_INFO", "").encode("latin-1")
    return django_application(environ, start_response)
