"""Errors as Stripe words and shapes them: https://docs.stripe.com/api/errors."""

from typing import Any


class StripeError(Exception):
    """An answer other than 200. It is stored under the request's idempotency key, since the call had begun."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.detail = {"message": message, "type": type, "code": code, "param": param, **more}

    def body(self, request_id: str) -> dict[str, Any]:
        error = {name: value for name, value in self.detail.items() if value is not None}
        if code := self.detail["code"]:
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{str(code).replace('_', '-')}"
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": error}


class NotBegun(StripeError):
    """Refused before the call began, so nothing is stored under the idempotency key."""


class ParameterError(NotBegun):
    """A parameter is unknown, missing, of the wrong kind or against a rule."""

    def __init__(self, message: str, param: str, code: str | None = None) -> None:
        super().__init__(message, param=param, code=code)


class NotBuilt(NotBegun):
    """Stripe offers this, the stand-in does not."""

    def __init__(self, what: str, param: str | None = None) -> None:
        super().__init__(f"The Stripe stand-in does not offer {what}; Stripe itself may.", status=501, param=param)


def missing_resource(kind: str, id: str, param: str = "id") -> StripeError:
    return StripeError(f"No such {kind}: '{id}'", status=404, code="resource_missing", param=param)
