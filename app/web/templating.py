"""What every template may use."""

from typing import Any

from flask import Flask, has_request_context, request

from app.urls import absolute_url


def _page() -> dict[str, Any]:
    # Mails are rendered without a request.
    return {"current_path": request.path if has_request_context() else ""}


def init_app(app: Flask) -> None:
    app.jinja_env.globals["absolute_url"] = absolute_url
    app.jinja_env.globals["site_name"] = app.config["SITE_NAME"]
    app.context_processor(_page)
