"""Settings, read from the environment. Nonsense is refused before anything starts."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import EnvValidationError, FileAwareEnv
from marshmallow import ValidationError
from marshmallow.validate import Length, OneOf

from config.logs import json_lines
from config.proxies import Network, parse_networks

BASE_DIR = Path(__file__).resolve().parent.parent
SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"


def one_of_schemes(*schemes: str) -> Callable[[str], None]:
    """Return a check that an address begins with one of `schemes`."""

    def check(value: str) -> None:
        scheme = urlsplit(value).scheme
        if scheme not in schemes:
            raise ValidationError(f"It must begin with one of {', '.join(schemes)}.")
        if scheme.startswith("redis") and find_spec("redis") is None:
            raise ValidationError("Redis needs the extra: pip install 'perennial[redis]'.")

    return check


def durable_database(url: str) -> dict[str, Any]:
    """Return Django's form of a database's address, made safe to keep points in.

    :raises ValidationError: if it is not an address of SQLite or PostgreSQL
    """
    try:
        database: dict[str, Any] = {**dj_database_url.parse(url)}
    except ValueError:
        raise ValidationError("It must be an address such as postgres://…") from None
    if database["ENGINE"] not in (SQLITE, POSTGRESQL):
        raise ValidationError("It must begin with sqlite:/// or postgres://.")
    if not database["NAME"] or database["NAME"] == ":memory:":
        raise ValidationError("It must name a database that several processes can share.")
    given = database.get("OPTIONS", {})
    database["CONN_MAX_AGE"] = None
    if database["ENGINE"] == SQLITE:
        # Under DEFERRED, two that read and then write fail; IMMEDIATE queues them.
        options = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            " PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON;",
        }
        # Tests need a file as well: what happens at once cannot be seen in memory.
        database["TEST"] = {"NAME": f"{database['NAME']}.test"}
        return {**database, "OPTIONS": {**given, **options}}
    session = f"{given.get('options', '')} -c lock_timeout=2000".strip()
    return {**database, "OPTIONS": {**SERVER, **given, "options": session}}


# Statements that come again are prepared. A pgbouncer that pools transactions has to
# know of them (1.21 or newer, max_prepared_statements).
SERVER = {"connect_timeout": 5, "prepare_threshold": 5}


def kept_secret(path: Path) -> str:
    """Return the secret kept at `path`, made on the first call.

    Processes that start at once agree on it: only one of them can link the file.
    """
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


class Environment(FileAwareEnv):
    """Variables, of which each may name a file instead: SECRET_KEY_FILE=/run/secrets/key."""

    def _get_value(self, env_key: str, default: Any) -> Any:
        try:
            return super()._get_value(env_key, default)
        except ValueError as error:
            raise ImproperlyConfigured(f"{env_key}_FILE is no file of text: {error}") from None


# What the environment says. Problems are gathered and told together, by name.
env = Environment(eager=False, strip_whitespace=True)
env.add_parser("database", durable_database)
env.add_parser("networks", parse_networks)

DATA_DIR: Path = env.path("DATA_DIR", BASE_DIR / "var")
LOG_LEVEL: str = env.str(
    "LOG_LEVEL", "INFO", validate=OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
)
# DEBUG=false says "this is production", where a key must be given. Where nothing
# is said Perennial runs embedded: as careful, but with a key that it keeps itself.
debug: bool | None = env.bool("DEBUG", None)
key_default = {} if debug is False else {"default": None}
secret_key: str | None = env.str("SECRET_KEY", validate=Length(min=32), **key_default)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [".localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
https: bool = env.bool("HTTPS", False)
# Whose X-Forwarded-For is believed: nobody's, unless it is said.
TRUSTED_PROXIES: list[Network] = env.networks("TRUSTED_PROXIES", "")
database: dict[str, Any] = env.database(
    "DATABASE_URL", f"sqlite:///{DATA_DIR}/perennial.sqlite3"
)
CELERY_BROKER_URL: str = env.str(
    "CELERY_BROKER_URL",
    "filesystem://localhost",
    validate=one_of_schemes("filesystem", "redis", "rediss", "amqp", "amqps"),
)
redis_url: str | None = env.str(
    "REDIS_URL", None, validate=one_of_schemes("redis", "rediss", "unix")
)
sentry_dsn: str | None = env.str("SENTRY_DSN", None, validate=one_of_schemes("http", "https"))
WEBHOOK_ALLOW_PRIVATE: bool = env.bool("WEBHOOK_ALLOW_PRIVATE", False)

try:
    env.seal()
except EnvValidationError as error:
    told: Any = error.error_messages
    lines = "".join(f"\n  {name}: {' '.join(told[name])}" for name in sorted(told))
    raise ImproperlyConfigured(f"These environment variables make no sense:{lines}") from None

try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"DATA_DIR cannot be made: {error}") from None
SECRET_KEY = secret_key or kept_secret(DATA_DIR / "secret_key")
DEBUG = bool(debug)

# The application.
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "core",
    "loyalty",
    "tiers",
    "referrals",
    "engine",
    "storefront",
    "seeds",
    "config.apps.StaffConfig",  # the admin comes last, so that our templates are found first
]
MIDDLEWARE = [
    "config.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.RequestMiddleware",
    "config.middleware.ContentPolicyMiddleware",
    "config.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.AuthenticationMiddleware",
    "config.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
context_processors = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": context_processors},
    }
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "UTC"
# Five megabytes of JSON are a mistake; a thousand orders in a batch are not.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# Where things are kept.
DATABASES = {"default": database}
if redis_url:
    redis_cache = "django.core.cache.backends.redis.RedisCache"
    CACHES = {"default": {"BACKEND": redis_cache, "LOCATION": redis_url}}
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# Found where they lie, so that `runserver` shows the admin without collectstatic.
WHITENOISE_USE_FINDERS = True

# Staff.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword")
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Both together: a stranger cannot lock a colleague out from elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# A header is whatever the caller says; REMOTE_ADDR is put there by trusted proxies alone.
AXES_IPWARE_META_PRECEDENCE_ORDER = ["REMOTE_ADDR"]
AXES_VERBOSE = False

# Browsers.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = https
SECURE_HSTS_SECONDS = 31_536_000 if https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if https else None

# The API.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Perennial",
    "DESCRIPTION": "State facts; Perennial turns them into points.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Work behind the scenes. Beat ticks in UTC; rows decide what is due.
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TASK_IGNORE_RESULT = True
# Beat only ticks; rows decide what is due, so a missed or a second tick is harmless.
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "engine.tasks.tick", "schedule": 60, "options": {"expires": 50}}
}
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
if CELERY_BROKER_URL.startswith("filesystem:"):
    messages, control = DATA_DIR / "broker/messages", DATA_DIR / "broker/control"
    messages.mkdir(parents=True, exist_ok=True)
    control.mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": control,
    }

# Logs: one JSON object a line, with the request's id.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
# Who and from where is nobody's business in a log.
DJANGO_STRUCTLOG_USER_ID_FIELD = None
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
LOGGING = json_lines(LOG_LEVEL)
if sentry_dsn:
    import_module("sentry_sdk").init(dsn=sentry_dsn, send_default_pii=False)
