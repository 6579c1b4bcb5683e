"""Every setting, read from the environment and checked at start."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar
from urllib.parse import urlsplit

Number = TypeVar("Number", int, float)

STRIPE_API = "https://api.stripe.com"
SHORTEST_SECRET = 32
SAMPLE_ADDRESS = "Sample postal address: set POSTAL_ADDRESS"
SHORTEST_WEBHOOK_PASSWORD = 16
EXAMPLE_TOPIC = "arn:aws:sns:us-east-1:123456789012:bounces"
SNS_TOPIC = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):sns:(?P<region>[a-z]{2}(-[a-z]+)+-\d):\d{12}:[A-Za-z0-9_.-]+"
)
# With the longest tag of ours and a plus sign between them it makes 64, the most a mail server takes before the @ (RFC
# 5321 §4.5.3.1.1).
LONGEST_BOUNCE_NAME = 28


class SettingError(Exception):
    """A setting is missing or wrong. The message is one line that names it and says what to do."""


def load(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Flask's configuration from the site's settings. Raises SettingError."""
    port = _port(environ, "PORT", "8000")
    site_url = _site_url(environ.get("SITE_URL") or f"http://localhost:{port}")
    instance = Path(environ.get("INSTANCE_PATH") or "instance").resolve()
    try:
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise SettingError(f"INSTANCE_PATH is {str(instance)!r}, where no folder can be made: {problem}.") from None
    redis_url = _url(environ, "REDIS_URL", ("redis", "rediss"))
    database_url = _url(environ, "DATABASE_URL", ("postgresql+psycopg", "sqlite")) or f"sqlite:///{instance}/site.db"
    return {
        "PORT": port,
        "WEB_THREADS": _number(environ, "WEB_THREADS", "64", least=1),
        "SITE_URL": site_url,
        "SITE_NAME": "The Developing Doctor",
        "INSTANCE_PATH": str(instance),
        "SECRET_KEY": _secret_key(environ, site_url, instance),
        "SQLALCHEMY_DATABASE_URI": database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(database_url),
        "QUEUE_URL": _url(environ, "QUEUE_URL", ("redis", "rediss", "postgresql", "sqlite"))
        or f"sqlite:///{instance}/queue.db",
        "REDIS_URL": redis_url,
        "OWNER_EMAIL": _owner(environ),
        "POSTAL_ADDRESS": environ.get("POSTAL_ADDRESS") or SAMPLE_ADDRESS,
        "TRUSTED_PROXIES": _number(environ, "TRUSTED_PROXIES", "0"),
        "TRUSTED_HOSTS": [urlsplit(site_url).hostname, "localhost", "127.0.0.1"],
        "MAX_CONTENT_LENGTH": 256 * 1024,
        "MAX_FORM_PARTS": 200,
        "LOG_LEVEL": _one_of(environ, "LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
        "LOG_FORMAT": _one_of(environ, "LOG_FORMAT", ("text", "json")),
        **_addresses_of_the_site(site_url),
        **_mail(environ),
        **_what_comes_back(environ),
        **_stripe(environ),
        **_rate_limits(environ, redis_url),
        **_sessions(site_url),
    }


def _addresses_of_the_site(site_url: str) -> dict[str, Any]:
    # Flask builds links outside a request (in the worker) from these.
    parts = urlsplit(site_url)
    return {"SERVER_NAME": parts.netloc, "PREFERRED_URL_SCHEME": parts.scheme}


def _mail(environ: Mapping[str, str]) -> dict[str, Any]:
    use_ssl, use_tls = _flag(environ, "MAIL_USE_SSL", "0"), _flag(environ, "MAIL_USE_TLS", "0")
    if use_ssl and use_tls:
        raise SettingError("MAIL_USE_SSL and MAIL_USE_TLS are both on: use SSL for port 465, TLS for 587.")
    return {
        "MAIL_SERVER": environ.get("MAIL_SERVER") or None,
        "MAIL_PORT": _port(environ, "MAIL_PORT", "465" if use_ssl else "587" if use_tls else "25"),
        "MAIL_USERNAME": environ.get("MAIL_USERNAME") or None,
        "MAIL_PASSWORD": environ.get("MAIL_PASSWORD") or None,
        "MAIL_USE_TLS": use_tls,
        "MAIL_USE_SSL": use_ssl,
        "MAIL_DEFAULT_SENDER": _sender(environ),
        "MAIL_BOUNCE_ADDRESS": _bounce_address(environ),
        "MAIL_DKIM_SELECTOR": _dkim_selector(environ),
        "MAIL_RATE_PER_SECOND": _rate(environ),
        "MAIL_CONNECTIONS": _number(environ, "MAIL_CONNECTIONS", "4", least=1),
        "MAIL_SUPPRESS_SEND": False,
    }


def _what_comes_back(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "BOUNCE_IMAP_URL": _imap_url(environ),
        "BOUNCE_MAILDIR": environ.get("BOUNCE_MAILDIR") or None,
        "SES_TOPIC_ARN": _topic(environ),
        "POSTMARK_WEBHOOK_LOGIN": _webhook_login(environ),
    }


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
        "RATELIMIT_ENABLED": _flag(environ, "RATELIMIT_ENABLED", "1"),
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


def _sender(environ: Mapping[str, str]) -> str:
    sender = environ.get("MAIL_DEFAULT_SENDER") or "The Developing Doctor <hello@localhost>"
    if "@" not in parseaddr(sender)[1] or re.search(r"[\r\n]", sender):
        raise SettingError(f"MAIL_DEFAULT_SENDER is {sender!r}: write it as Name <address@example.org>.")
    return sender


def _bounce_address(environ: Mapping[str, str]) -> str:
    address = environ.get("MAIL_BOUNCE_ADDRESS") or parseaddr(_sender(environ))[1]
    if not re.fullmatch(rf"[A-Za-z0-9._-]{{1,{LONGEST_BOUNCE_NAME}}}@[A-Za-z0-9.-]+", address):
        raise SettingError(
            f"MAIL_BOUNCE_ADDRESS is {address!r}: give a plain address like bounces@example.org, with at most "
            f"{LONGEST_BOUNCE_NAME} characters before the @ (a tag is added to them)."
        )
    return address


def _imap_url(environ: Mapping[str, str]) -> str | None:
    if not (url := environ.get("BOUNCE_IMAP_URL")):
        return None
    wanted = re.fullmatch(r"(imaps?)://[^:@/\s]+:[^:@/\s]+@([A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[^\s\"\\\\]*)?", url)
    if wanted is None:
        # It holds a password, so it is not shown.
        raise SettingError(
            "BOUNCE_IMAP_URL is not like imaps://user:password@imap.example.org/INBOX: in user and password, write "
            "what is no letter or digit as %40 and the like."
        )
    if wanted[1] == "imap" and wanted[2] not in ("localhost", "127.0.0.1"):
        raise SettingError("BOUNCE_IMAP_URL begins with imap://, which sends the password in the clear: use imaps://.")
    return url


def _dkim_selector(environ: Mapping[str, str]) -> str | None:
    if not (selector := environ.get("MAIL_DKIM_SELECTOR")):
        return None
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", selector):
        raise SettingError(
            f"MAIL_DKIM_SELECTOR is {selector!r}: give the word before ._domainkey in your mail provider's DKIM record."
        )
    return selector


def _topic(environ: Mapping[str, str]) -> str | None:
    topic = environ.get("SES_TOPIC_ARN") or None
    if topic and not SNS_TOPIC.fullmatch(topic):
        raise SettingError(f"SES_TOPIC_ARN is {topic!r}: copy it from Amazon SNS, like {EXAMPLE_TOPIC}.")
    return topic


def _webhook_login(environ: Mapping[str, str]) -> str | None:
    login = environ.get("POSTMARK_WEBHOOK_LOGIN") or None
    if login and not re.fullmatch(rf"[!-9;-~]+:[!-~]{{{SHORTEST_WEBHOOK_PASSWORD},}}", login):
        raise SettingError(
            "POSTMARK_WEBHOOK_LOGIN is not like user:password with a password of at least "
            f"{SHORTEST_WEBHOOK_PASSWORD} characters, none of them a space."
        )
    return login


def _rate(environ: Mapping[str, str]) -> float | None:
    if not (value := environ.get("MAIL_RATE_PER_SECOND")):
        return None
    return _parsed("MAIL_RATE_PER_SECOND", value, float, "a number above 0, such as 10", lambda rate: rate > 0)


def _number(environ: Mapping[str, str], name: str, default: str, least: int = 0) -> int:
    value = environ.get(name) or default
    return _parsed(name, value, int, f"a whole number of at least {least}", lambda number: number >= least)


def _port(environ: Mapping[str, str], name: str, default: str) -> int:
    value = environ.get(name) or default
    return _parsed(name, value, int, "a port, from 1 to 65535", lambda number: 1 <= number <= 65535)


def _parsed(
    name: str, value: str, parse: Callable[[str], Number], wanted: str, check: Callable[[Number], bool]
) -> Number:
    try:
        if check(parsed := parse(value)):
            return parsed
    except ValueError:
        pass
    raise SettingError(f"{name} is {value!r}: it must be {wanted}.")


def _flag(environ: Mapping[str, str], name: str, default: str) -> bool:
    value = (environ.get(name) or default).lower()
    if value not in ("0", "1", "true", "false"):
        raise SettingError(f"{name} is {value!r}: it must be 1 or 0.")
    return value in ("1", "true")


def _one_of(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = environ.get(name) or allowed[0]
    if value not in allowed:
        raise SettingError(f"{name} is {value!r}: it must be one of {', '.join(allowed)}.")
    return value


def _url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    if not (url := environ.get(name)):
        return None
    if urlsplit(url).scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise SettingError(f"{name} begins with {url.split(':')[0]!r}: it must begin with {wanted}.")
    return url
