"""Sequences as files: sequences/<name>/_sequence.md, and beside it a file NN-slug.md for each step."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import front_matter as read
from app.content_files import ContentError, ContentFile
from app.extensions import db
from app.followups.merge import FIELDS, unknown_fields
from app.followups.models import PURPOSES, Sequence, SequenceStep

_STEP_FILE = re.compile(r"(\d{2})-([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
_OWN_FILE = "_sequence.md"
LONGEST_SLUG = 80
TEN_YEARS = 10 * 365 * 24


def import_from(folder: Path) -> None:
    """Take in every sequence under `folder`/sequences. Steps that have no file any more go. Raises ContentError."""
    for path in sorted((folder / "sequences").glob(f"*/{_OWN_FILE}")):
        _import_sequence(path)


def export_to(folder: Path) -> None:
    """Write every sequence under `folder`/sequences, so that importing it gives the same rows."""
    for sequence in db.session.scalars(select(Sequence).order_by(Sequence.name)):
        _export_sequence(sequence, folder / "sequences" / sequence.name)


def _import_sequence(path: Path) -> None:
    file = ContentFile.read(path, required=("name", "title", "purpose"))
    name = read.slug(file, "name", 80)
    if name != path.parent.name:
        raise ContentError(f"{path}: name is {name!r}, but its folder is {path.parent.name!r}: give both the same name")
    if file.meta["purpose"] not in PURPOSES:
        raise ContentError(f"{path}: purpose is {file.meta['purpose']!r}: write one of {', '.join(PURPOSES)}")
    sequence = Sequence.named(name)
    if sequence is None:
        sequence = Sequence(name=name)
        db.session.add(sequence)
    sequence.title, sequence.purpose = read.line(file, "title"), file.meta["purpose"]
    sequence.note = read.body(file)
    _import_steps(sequence, path.parent)
    db.session.flush()


def _import_steps(sequence: Sequence, folder: Path) -> None:
    known = {step.slug: step for step in sequence.steps}
    steps = []
    for path in sorted(folder.glob("*.md")):
        if path.name != _OWN_FILE:
            steps.append(_import_step(path, known))
    _refuse_doubles(folder, [step.slug for step in steps], "name")
    _refuse_doubles(folder, [step.position for step in steps], "number")
    sequence.steps = steps


def _import_step(path: Path, known: dict[str, SequenceStep]) -> SequenceStep:
    if (parts := _STEP_FILE.fullmatch(path.name)) is None or len(parts[2]) > LONGEST_SLUG:
        raise ContentError(f"{path}: name the file of a step like 01-welcome.md, with at most {LONGEST_SLUG} letters")
    file = ContentFile.read(path, required=("subject", "delay_hours"), optional=("preview",))
    step = known.get(parts[2]) or SequenceStep(slug=parts[2])
    step.position, step.body = int(parts[1]), read.body(file)
    step.delay_hours = read.number(file, "delay_hours", least=0, most=TEN_YEARS)
    step.subject, step.preview = read.line(file, "subject"), read.optional_line(file, "preview")
    _refuse_unknown_fields(path, step)
    return step


def _refuse_unknown_fields(path: Path, step: SequenceStep) -> None:
    for part, text in (("subject", step.subject), ("preview", step.preview), ("text", step.body)):
        if unknown := unknown_fields(text):
            raise ContentError(
                f"{path}: its {part} holds {{{unknown[0]}}}, which is no merge field: "
                f"use one of {', '.join(sorted(FIELDS))}"
            )


def _refuse_doubles(folder: Path, keys: list[Any], what: str) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise ContentError(f"{folder}: two steps have the {what} {key}: give each its own")


def _export_sequence(sequence: Sequence, folder: Path) -> None:
    meta: dict[str, Any] = {"name": sequence.name, "title": sequence.title, "purpose": sequence.purpose}
    ContentFile(folder / _OWN_FILE, meta, sequence.note).write()
    for step in sequence.steps:
        preview = {"preview": step.preview} if step.preview else {}
        meta = {"subject": step.subject, **preview, "delay_hours": step.delay_hours}
        ContentFile(folder / f"{step.position:02}-{step.slug}.md", meta, step.body).write()
