"""Sequences as files: sequences/<name>/_sequence.md, and beside it a file NN-slug.md for each step."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import front_matter as read
from app.content_files import ContentError, ContentFile
from app.extensions import db
from app.followups.merge import fields_after, unfilled_in
from app.followups.models import (
    LONGEST_SLUG,
    LONGEST_TAG,
    PURPOSES,
    STARTS,
    STOPS,
    TAG,
    TEN_YEARS,
    Letter,
    Sequence,
    tag_name,
)

_STEP_FILE = re.compile(r"(\d{2})-([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
_OWN_FILE = "_sequence.md"
_CHOICES = ("tag", "stops_on", "active")


def import_from(folder: Path) -> None:
    """Take in every sequence under `folder`/sequences. Raises ContentError.

    Steps that have no file any more go, for those who enter from now on.
    """
    for path in sorted((folder / "sequences").glob(f"*/{_OWN_FILE}")):
        _import_sequence(path)


def export_to(folder: Path) -> None:
    """Write every sequence under `folder`/sequences, so that importing it gives the same rows."""
    for sequence in db.session.scalars(select(Sequence).order_by(Sequence.name)):
        _export_sequence(sequence, folder / "sequences" / sequence.name)


def _import_sequence(path: Path) -> None:
    file = ContentFile.read(path, required=("name", "title", "purpose", "starts_on"), optional=_CHOICES)
    name = read.slug(file, "name", 80)
    if name != path.parent.name:
        raise ContentError(f"{path}: name is {name!r}, but its folder is {path.parent.name!r}: give both the same name")
    purpose = _one_of(file, file.meta["purpose"], PURPOSES, "purpose")
    starts_on, tag = _start_of(file)
    stops_on = [_one_of(file, event, STOPS, "stops_on") for event in read.entries(file, "stops_on")]
    sequence = Sequence.named(name)
    if sequence is None:
        sequence = Sequence(name=name, title="", purpose=purpose)
        db.session.add(sequence)
    sequence.title, sequence.purpose = read.line(file, "title"), purpose
    sequence.active = read.yes_or_no(file, "active", True)
    sequence.starts_on, sequence.start_tag = starts_on, tag
    sequence.stops_on = [event for event in STOPS if event in stops_on]
    sequence.note = read.body(file)
    _import_steps(sequence, path.parent)


def _start_of(file: ContentFile) -> tuple[str, str]:
    """The event that starts the sequence and, if that is a tag, which one."""
    starts_on = _one_of(file, file.meta["starts_on"] or "", ("", *STARTS), "starts_on")
    tag = read.optional_line(file, "tag", LONGEST_TAG)
    if bool(tag) != (starts_on == TAG) or tag != tag_name(tag):
        raise ContentError(
            f"{file.path}: tag is {tag!r}: name one, in small letters, where starts_on is tag; else none"
        )
    return starts_on, tag


def _one_of(file: ContentFile, value: Any, known: Collection[str], key: str) -> str:
    if not (isinstance(value, str) and value in known):
        raise ContentError(f"{file.path}: {key} is {value!r}: write one of {', '.join(filter(None, known))}")
    return value


def _import_steps(sequence: Sequence, folder: Path) -> None:
    files = [path for path in sorted(folder.glob("*.md")) if path.name != _OWN_FILE]
    letters = [_import_step(path, sequence.starts_on) for path in files]
    _refuse_doubles(folder, [letter.slug for letter in letters], "name")
    _refuse_doubles(folder, [letter.position for letter in letters], "number")
    db.session.flush()
    if letters != sequence.letters:
        (Sequence.for_update(sequence.id) or sequence).rewrite(letters)


def _import_step(path: Path, starts_on: str) -> Letter:
    if (parts := _STEP_FILE.fullmatch(path.name)) is None or len(parts[2]) > LONGEST_SLUG:
        raise ContentError(f"{path}: name the file of a step like 01-welcome.md, with at most {LONGEST_SLUG} letters")
    file = ContentFile.read(path, required=("subject", "delay_hours"), optional=("preview",))
    letter = Letter(
        slug=parts[2],
        position=int(parts[1]),
        subject=read.line(file, "subject"),
        preview=read.optional_line(file, "preview"),
        delay_hours=read.number(file, "delay_hours", least=0, most=TEN_YEARS),
        body=read.body(file),
    )
    _refuse_unfilled_fields(path, letter, starts_on)
    return letter


def _refuse_unfilled_fields(path: Path, step: Letter, starts_on: str) -> None:
    for part, text in (("subject", step.subject), ("preview", step.preview), ("text", step.body)):
        if (field := unfilled_in(starts_on, text)) is not None:
            raise ContentError(
                f"{path}: its {part} holds {{{field}}}, which is no merge field of what starts on "
                f"{starts_on or None!r}: use one of {', '.join(fields_after(starts_on))}"
            )


def _refuse_doubles(folder: Path, keys: list[Any], what: str) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise ContentError(f"{folder}: two steps have the {what} {key}: give each its own")


def _export_sequence(sequence: Sequence, folder: Path) -> None:
    meta: dict[str, Any] = {"name": sequence.name, "title": sequence.title, "purpose": sequence.purpose}
    meta["starts_on"] = sequence.starts_on or None
    chosen = {"tag": sequence.start_tag, "stops_on": sequence.stops_on}
    meta |= {key: value for key, value in chosen.items() if value}
    if not sequence.active:
        meta["active"] = False
    ContentFile(folder / _OWN_FILE, meta, sequence.note).write()
    for step in sequence.steps:
        preview = {"preview": step.preview} if step.preview else {}
        meta = {"subject": step.subject, **preview, "delay_hours": step.delay_hours}
        ContentFile(folder / f"{step.position:02}-{step.slug}.md", meta, step.body).write()
