"""Everything the stand-in remembers: Stripe's objects, the account's settings, webhook deliveries, idempotency keys.

Names that begin with an underscore are the stand-in's own and never leave it.
"""

import json
import os
import secrets
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.stripe_sandbox.errors import missing_resource

Object = dict[str, Any]
FORMAT = 3  # Of the file; what another version of the stand-in wrote is not taken up.
ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(length))}"


def public(value: Any) -> Any:
    """A copy of `value` as the API shows it, at every depth."""
    if isinstance(value, dict):
        return {key: public(item) for key, item in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [public(item) for item in value]
    return value


def copied(value: Any) -> Any:
    """A copy at every depth; several times as fast as `deepcopy`, which every answer of the API would wait for."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


class Store:
    """In memory, and in `file` when one is given, so that a pending checkout outlives a restart."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file
        self.objects: dict[str, dict[str, Object]] = {}
        self.settings: dict[str, Object] = {}
        self.deliveries: list[Object] = []
        self.idempotency: dict[str, Object] = {}
        if file and file.exists():
            try:
                self._load(file)
            except ValueError:  # Cut off by a full disk, or of another version: kept aside, and begun anew.
                file.replace(file.with_suffix(".unreadable"))

    def add(self, obj: Object) -> Object:
        self.objects.setdefault(obj["object"], {})[obj["id"]] = obj
        return obj

    def get(self, kind: str, id: str, param: str = "id") -> Object:
        """The object, or Stripe's 404."""
        if obj := self.objects.get(kind, {}).get(id):
            return obj
        raise missing_resource(kind, id, param)

    def all(self, kind: str) -> Iterator[Object]:
        """Newest first, as Stripe lists."""
        return reversed(self.objects.get(kind, {}).values())

    def by_id(self, id: Any) -> Object | None:
        return next((table[id] for table in self.objects.values() if id in table), None)

    def clear(self) -> None:
        self.objects.clear()
        self.settings.clear()
        self.deliveries.clear()
        self.idempotency.clear()

    def save(self) -> None:
        if not self.file:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.file.with_suffix(".new")
        kept = [FORMAT, self.objects, self.settings, self.deliveries, self.idempotency]
        fresh.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        os.replace(fresh, self.file)

    def _load(self, file: Path) -> None:
        written, objects, settings, deliveries, keys = json.loads(file.read_text(encoding="utf-8"))
        if written != FORMAT:
            raise ValueError(f"{file} is of format {written}")
        self.objects, self.settings, self.deliveries = objects, settings, deliveries
        # A key without an answer was in progress when the process ended; nobody will finish it.
        self.idempotency = {key: record for key, record in keys.items() if "body" in record}
