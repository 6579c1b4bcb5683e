"""`expand[]`: ids replaced by the objects they name. https://docs.stripe.com/api/expanding_objects."""

from typing import Any

from app.stripe_sandbox.errors import ParameterError
from app.stripe_sandbox.lists import list_object
from app.stripe_sandbox.store import Object, Store, copied, public

DEEPEST = 4


def refunds_of(store: Store, charge_id: str) -> list[Object]:
    return [refund for refund in store.all("refund") if refund["charge"] == charge_id]


def _line_items(store: Store, id: str) -> Object:
    items = store.get("checkout.session", id)["_line_items"]
    return list_object(f"/v1/checkout/sessions/{id}/line_items", copied(items))


def _refunds(store: Store, id: str) -> Object:
    return list_object(f"/v1/charges/{id}/refunds", copied(refunds_of(store, id)))


# Lists that Stripe leaves out of an object unless they are asked for.
INCLUDABLE = {("checkout.session", "line_items"): _line_items, ("charge", "refunds"): _refunds}
# Fields of the same kind, kept under the name that begins with an underscore.
HIDDEN = frozenset({"applies_to", "breakdown", "discounts", "taxes"})


def expanded(store: Store, obj: Object, paths: list[str]) -> Object:
    """A public copy of `obj` with each dotted path filled in. Raises ParameterError where nothing can be expanded."""
    answer = copied(obj)
    for path in paths:
        if len(steps := path.split(".")) > DEEPEST:
            raise ParameterError(f"You cannot expand more than {DEEPEST} levels of a property ({path}).", "expand")
        _expand(store, answer, steps, path)
    shown: Object = public(answer)
    return shown


def _expand(store: Store, holder: Any, steps: list[str], path: str) -> None:
    if not steps or holder is None:
        return
    if isinstance(holder, list):
        for item in holder:
            _expand(store, item, steps, path)
        return
    step, *rest = steps
    _fill_in(store, holder, step, path)
    _expand(store, holder[step], rest, path)


def _fill_in(store: Store, holder: Any, step: str, path: str) -> None:
    if isinstance(holder, dict) and (included := INCLUDABLE.get((holder.get("object", ""), step))):
        holder.setdefault(step, included(store, holder["id"]))
    elif isinstance(holder, dict) and step in HIDDEN and step not in holder and f"_{step}" in holder:
        holder[step] = holder[f"_{step}"]
    elif not isinstance(holder, dict) or step not in holder:
        raise ParameterError(f"This property cannot be expanded ({path}).", "expand")
    elif isinstance(holder[step], str):
        if not (found := _named(store, step, holder[step])):
            raise ParameterError(f"This property cannot be expanded ({path}).", "expand")
        holder[step] = copied(found)


def _named(store: Store, step: str, id: str) -> Object | None:
    """A field is mostly called after the kind it names, whose ids may be those of others: coupons choose theirs."""
    return store.objects.get(step, {}).get(id) or store.by_id(id)
