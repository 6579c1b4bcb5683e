from collections.abc import Iterable, Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.widgets import CheckboxInput, DateInput, ListWidget

from app.newsletter.issues.audience import FACTS, KINDS, Audience, AudienceError
from app.newsletter.models import CAREER_STAGES
from app.newsletter.offer import Topic
from app.newsletter.sources import sources
from app.newsletter.tags import Tag

FACTS_IN_WORDS = {"enrolled": "Enrolled in the course", "booked": "Booked a consultation"}
KINDS_IN_WORDS = {
    "topics": "Topics",
    "stages": "Career stage",
    "tags": "Tags",
    "sources": "Signed up on",
    "facts": "Course and coaching",
    "engaged_since": "Seen since",
}


class _Boxes(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SideForm(FlaskForm):
    """One side of an audience: whom to include, or whom to leave out."""

    class Meta:
        csrf = False  # There are two on a page; the site's own check of the token covers both.

    topics = _Boxes(KINDS_IN_WORDS["topics"])
    stages = _Boxes(KINDS_IN_WORDS["stages"])
    tags = _Boxes(KINDS_IN_WORDS["tags"])
    sources = _Boxes(KINDS_IN_WORDS["sources"])
    facts = _Boxes(KINDS_IN_WORDS["facts"])
    engaged_since = StringField(KINDS_IN_WORDS["engaged_since"], widget=DateInput())

    def __init__(self, side: str, chosen: Mapping[str, Any], labels_of: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(prefix=f"{side}-", data=dict(chosen), **kwargs)
        for kind, labels in labels_of.items():
            # What was chosen once stays among the choices, whatever is on offer now.
            offered = {value: value for value in chosen.get(kind, ())} | labels
            self[kind].choices = [SelectChoice(value, label) for value, label in offered.items()]

    @property
    def chosen(self) -> dict[str, Any]:
        return {kind: self[kind].data for kind in KINDS if self[kind].data}


class AudienceForm:
    """Both sides as they were sent, or as they are saved."""

    def __init__(self, audience: Audience, **kwargs: Any) -> None:
        labels = labels_by_kind()
        self.include = SideForm("include", audience.include, labels, **kwargs)
        self.exclude = SideForm("exclude", audience.exclude, labels, **kwargs)

    @property
    def audience(self) -> Audience:
        """Raises AudienceError."""
        for side in (self.include, self.exclude):
            if not side.validate():
                raise AudienceError(" ".join(next(iter(side.errors.values()))))
        return Audience.chosen(self.include.chosen, self.exclude.chosen)


def labels_by_kind() -> dict[str, dict[str, str]]:
    """What can be chosen of each kind, and what it is called."""
    return {
        "topics": {topic.key: topic.label for topic in Topic.offered()},
        "stages": CAREER_STAGES,
        "tags": {tag.name: tag.name for tag in Tag.all()},
        "sources": {page: page for page in sources()},
        "facts": {name: FACTS_IN_WORDS.get(name, name.capitalize()) for name in FACTS},
    }


def side_in_words(chosen: Mapping[str, Any]) -> list[str]:
    """One line for each kind that was chosen, such as "Topics: Leadership or Mentorship"."""
    labels = labels_by_kind() if chosen else {}
    return [
        f"{KINDS_IN_WORDS[kind]}: {value if isinstance(value, str) else _either(value, labels[kind])}"
        for kind, value in chosen.items()
    ]


def _either(values: Iterable[str], labels: Mapping[str, str]) -> str:
    return " or ".join(labels.get(value, value) for value in values)
