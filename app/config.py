"""Every setting, read from the environment and checked at start."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urlsplit

from app import environment, mail_settings
from app.environment import SettingError

STRIPE_API = "https://api.stripe.com"
SHORTEST_SECRET = 32
SAMPLE_ADDRESS = "Sample postal address: set POSTAL_ADDRESS"


def load(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Flask's configuration from the site's settings. Raises SettingError."""
    port = environment.port(environ, "PORT", "8000")
    site_url = _site_url(environ.get("SITE_URL") or f"http://localhost:{port}")
    instance = Path(environ.get("INSTANCE_PATH") or "instance").resolve()
    try:
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise SettingError(f"INSTANCE_PATH is {str(instance)!r}, where no folder can be made: {problem}.") from None
    redis_url = environment.url(environ, "REDIS_URL", ("redis", "rediss"))
    database_url = (
        environment.url(environ, "DATABASE_URL", ("postgresql+psycopg", "sqlite")) or f"sqlite:///{instance}/site.db"
    )
    return {
        "PORT": port,
        "WEB_THREADS": environment.number(environ, "WEB_THREADS", "64", least=1),
        "SITE_URL": site_url,
        "SITE_NAME": "The Developing Doctor",
        "INSTANCE_PATH": str(instance),
        "SECRET_KEY": _secret_key(environ, site_url, instance),
        "SQLALCHEMY_DATABASE_URI": database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(database_url),
        "QUEUE_URL": environment.url(environ, "QUEUE_URL", ("redis", "rediss", "postgresql", "sqlite"))
        or f"sqlite:///{instance}/queue.db",
        "REDIS_URL": redis_url,
        "OWNER_EMAIL": _owner(environ),
        "POSTAL_ADDRESS": environ.get("POSTAL_ADDRESS") or SAMPLE_ADDRESS,
        "TRUSTED_PROXIES": environment.number(environ, "TRUSTED_PROXIES", "0"),
        "TRUSTED_HOSTS": [urlsplit(site_url).hostname, "localhost", "127.0.0.1"],
        "MAX_CONTENT_LENGTH": 256 * 1024,
        "MAX_FORM_PARTS": 200,
        "LOG_LEVEL": environment.one_of(environ, "LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
        "LOG_FORMAT": environment.one_of(environ, "LOG_FORMAT", ("text", "json")),
        **_addresses_of_the_site(site_url),
        **mail_settings.going_out(environ),
        **mail_settings.coming_back(environ),
        **_stripe(environ),
        **_rate_limits(environ, redis_url),
        **_sessions(site_url),
    }


def _addresses_of_the_site(site_url: str) -> dict[str, Any]:
    # Flask builds links outside a request (in the worker) from these.
    parts = urlsplit(site_url)
    return {"SERVER_NAME": parts.netloc, "PREFERRED_URL_SCHEME": parts.scheme}


def _stripe(environ: Mapping[str, str]) -> dict[str, Any]:
    key = environ.get("STRIPE_SECRET_KEY") or None
    base = (environ.get("STRIPE_API_BASE") or STRIPE_API).rstrip("/")
    secret = environ.get("STRIPE_WEBHOOK_SECRET") or None
    if key and "_live_" in key and base != STRIPE_API:
        raise SettingError(f"STRIPE_API_BASE is {base}, but STRIPE_SECRET_KEY is a live key: remove STRIPE_API_BASE.")
    if key and not secret:
        raise SettingError(
            "STRIPE_WEBHOOK_SECRET is missing: copy the signing secret (whsec_…) of your webhook endpoint from Stripe."
        )
    return {"STRIPE_SECRET_KEY": key, "STRIPE_WEBHOOK_SECRET": secret, "STRIPE_API_BASE": base}


def _rate_limits(environ: Mapping[str, str], redis_url: str | None) -> dict[str, Any]:
    return {
        "RATELIMIT_ENABLED": environment.flag(environ, "RATELIMIT_ENABLED", "1"),
        "RATELIMIT_STORAGE_URI": redis_url or "memory://",
        # With Redis away, limits go on per process instead of answering 500 or letting everything through.
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": bool(redis_url),
    }


def _sessions(site_url: str) -> dict[str, Any]:
    secure = site_url.startswith("https:")
    return {
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # Two weeks from signing in, not from the last visit: a cookie sent again with every answer would be one on
        # public pages too. For the same reason a changed browser or network marks nothing in the session.
        "PERMANENT_SESSION_LIFETIME": timedelta(days=14),
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SESSION_PROTECTION": None,
        "WTF_CSRF_TIME_LIMIT": None,
        # `flask owner` is the one way to make somebody something.
        "SECURITY_CLI_USERS_NAME": False,
        "SECURITY_CLI_ROLES_NAME": False,
        # The outbox renders mail; Flask-Security is only to say when.
        "SECURITY_EMAIL_PLAINTEXT": False,
        "SECURITY_EMAIL_HTML": False,
    }


def _engine_options(database_url: str) -> dict[str, Any]:
    # What a failed statement was given is personal, and its error is logged.
    if database_url.startswith("sqlite"):
        # A connection for each request that may be at work (web/slow_clients.py): they take turns inside SQLite.
        return {"hide_parameters": True, "pool_size": 10, "max_overflow": 40, "connect_args": {"timeout": 15}}
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_timeout": 10,
        "max_overflow": 20,
        "connect_args": {
            "connect_timeout": 5,
            "options": "-c lock_timeout=10000 -c statement_timeout=30000",
            # A server that vanished without a word is noticed within half a minute.
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    }


def _site_url(url: str) -> str:
    if not re.fullmatch(r"https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?/?", url):
        raise SettingError(f"SITE_URL is {url!r}: give the address visitors use, such as https://www.example.org.")
    return url.rstrip("/")


def _secret_key(environ: Mapping[str, str], site_url: str, instance: Path) -> str:
    if key := environ.get("SECRET_KEY"):
        if len(key) < SHORTEST_SECRET:
            raise SettingError('SECRET_KEY is too short: use the output of python -c "import secrets; '
                               'print(secrets.token_urlsafe(48))".')  # fmt: skip
        return key
    if site_url.startswith("https:"):
        raise SettingError("SECRET_KEY is missing: with an https SITE_URL, set it to 32 random characters or more.")
    return _kept_secret(instance / "secret_key")


def _kept_secret(path: Path) -> str:
    if not path.exists():
        _make_secret(path)
    key = path.read_text()
    if len(key) < SHORTEST_SECRET:
        raise SettingError(
            f"SECRET_KEY in {path} is damaged: remove the file (every link and sign-in made so far ends)."
        )
    return key


def _make_secret(path: Path) -> None:
    """Whole or not at all, and one only, should two processes start at once."""
    with NamedTemporaryFile("w", dir=path.parent) as draft:  # Readable by its owner alone.
        draft.write(secrets.token_urlsafe(48))
        draft.flush()
        os.fsync(draft.fileno())
        with suppress(FileExistsError):
            os.link(draft.name, path)


def _owner(environ: Mapping[str, str]) -> str:
    owner = environ.get("OWNER_EMAIL") or "owner@localhost"
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", owner):
        raise SettingError(f"OWNER_EMAIL is {owner!r}: it must be one e-mail address.")
    return owner
