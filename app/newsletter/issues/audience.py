"""Whom an issue is meant for: who takes letters, narrowed by what the owner chose. No SQL comes from outside."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select

from app.extensions import db
from app.newsletter.models import CAREER_STAGES, Subscription, subscription_topic
from app.newsletter.offer import Topic
from app.newsletter.sources import is_source, sources
from app.newsletter.tags import Tag, subscription_tag
from app.people.models import Person

Condition = Callable[[], ColumnElement[bool]]

# What other rooms know of a person, by name: each gives a condition on Subscription. They add theirs when imported.
FACTS: dict[str, Condition] = {}


class AudienceError(ValueError):
    """What was chosen makes no sense. The message is for the owner."""


class Audience:
    """`include` and `exclude` hold, by kind, what to go by; see KINDS.

    A subscription belongs to the audience when it takes letters, meets every kind of `include` (any one value of a
    kind will do) and no kind of `exclude`.
    """

    def __init__(self, include: Mapping[str, Any] | None = None, exclude: Mapping[str, Any] | None = None) -> None:
        self.include, self.exclude = _checked(include or {}), _checked(exclude or {})

    @classmethod
    def chosen(cls, include: Mapping[str, Any], exclude: Mapping[str, Any]) -> Self:
        """As somebody chooses it now. Raises AudienceError, also for names that nothing goes by."""
        audience = cls(include, exclude)
        if lost := audience.lost:
            raise AudienceError(" ".join(lost))
        return audience

    @property
    def lost(self) -> list[str]:
        """A sentence for each topic, tag and source that is named and does not exist, or does no more.

        Such a name changes whom it goes to: everybody who chose no topic, or nobody less.
        """
        named = {kind: [*self.include.get(kind, ()), *self.exclude.get(kind, ())] for kind in LOOKED_UP}
        return [sentence for kind, names in named.items() if names for sentence in LOOKED_UP[kind](names)]

    @property
    def condition(self) -> ColumnElement[bool]:
        wanted = [KINDS[kind](value) for kind, value in self.include.items()]
        unwanted = [not_(func.coalesce(KINDS[kind](value), false())) for kind, value in self.exclude.items()]
        return and_(Subscription.takes_letters(), *wanted, *unwanted)

    def select(self, *columns: Any) -> Select[Any]:
        """`columns` of the subscriptions that belong to it; their numbers if none are named."""
        return select(*(columns or (Subscription.id,))).where(self.condition)

    def count(self) -> int:
        """How many it is, exactly; the database reads all of them for it."""
        return db.session.scalar(select(func.count()).select_from(Subscription).where(self.condition)) or 0

    def holds(self, person_id: int) -> bool:
        """Whether the subscription of this person belongs to it."""
        return db.session.scalar(self.select().where(Subscription.person_id == person_id)) is not None


def _of_topics(keys: list[str]) -> ColumnElement[bool]:
    chosen = select(subscription_topic.c.topic_id).where(subscription_topic.c.subscription_id == Subscription.id)
    # No topics chosen means all of them.
    return or_(chosen.where(subscription_topic.c.topic_id.in_(_topic_ids(keys))).exists(), not_(chosen.exists()))


def _topic_ids(keys: list[str]) -> Select[Any]:
    return select(Topic.id).where(Topic.key.in_(keys))


def _with_tags(names: list[str]) -> ColumnElement[bool]:
    tagged = select(subscription_tag.c.tag_id).where(subscription_tag.c.subscription_id == Subscription.id)
    return tagged.where(subscription_tag.c.tag_id.in_(select(Tag.id).where(Tag.name.in_(names)))).exists()


def _seen_since(day: str) -> ColumnElement[bool]:
    since = datetime.combine(date.fromisoformat(day), time(), ZoneInfo("UTC"))
    return select(Person.id).where(Person.id == Subscription.person_id, Person.last_seen_at >= since).exists()


def _to_whom_applies(names: list[str]) -> ColumnElement[bool]:
    return or_(*(FACTS[name]() for name in names))


KINDS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "topics": _of_topics,
    "stages": lambda stages: Subscription.career_stage.in_(stages),
    "tags": _with_tags,
    "sources": lambda pages: Subscription.source.in_(pages),
    "engaged_since": _seen_since,
    "facts": _to_whom_applies,
}


def _lost_topics(keys: list[str]) -> Iterator[str]:
    known = list(db.session.scalars(select(Topic.key).order_by(Topic.key)))
    for key in _unknown(keys, known):
        yield f"There is no topic {key!r}." + (f" There are: {', '.join(known)}." if known else "")


def _lost_tags(names: list[str]) -> Iterator[str]:
    known = list(db.session.scalars(select(Tag.name).where(Tag.name.in_(names))))
    for name in _unknown(names, known):
        yield f"There is no tag {name!r}.{_nearest(name, (tag.name for tag in Tag.all()))}"


def _lost_sources(pages: list[str]) -> Iterator[str]:
    for page in _unknown(pages, [page for page in pages if is_source(page)]):
        yield f"Nobody signed up on {page!r}.{_nearest(page, sources())}"


def _unknown(names: Iterable[str], known: Collection[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in known]


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known))
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""


LOOKED_UP: dict[str, Callable[[list[str]], Iterator[str]]] = {
    "topics": _lost_topics,
    "tags": _lost_tags,
    "sources": _lost_sources,
}


def _checked(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen, without what was left empty. Raises AudienceError."""
    if unknown := chosen.keys() - KINDS.keys():
        raise AudienceError(f"An audience cannot be chosen by {sorted(unknown)[0]}.")
    kept = {kind: value for kind, value in chosen.items() if value}
    for kind, value in kept.items():
        if kind == "engaged_since":
            _check_day(value)
        elif not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
            raise AudienceError(f"{kind} must be a list of words.")
    _refuse_unknown("career stage", kept.get("stages", []), CAREER_STAGES)
    _refuse_unknown("fact", kept.get("facts", []), FACTS)
    return kept


def _refuse_unknown(what: str, values: list[str], known: Mapping[str, Any]) -> None:
    if unknown := [value for value in values if value not in known]:
        raise AudienceError(f"There is no {what} {unknown[0]!r}.")


def _check_day(value: Any) -> None:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise AudienceError("Write the day like 2026-11-30.") from None
    if not date(2000, 1, 1) <= day <= date(9999, 12, 31) - timedelta(days=1):
        raise AudienceError("Choose a day from 2000 on.")
