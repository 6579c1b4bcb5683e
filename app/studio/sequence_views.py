"""Sequences in the studio: all of them, and what starts and stops one."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, literal, select, union_all
from sqlalchemy.orm import defer, selectinload

from app.extensions import db
from app.followups import Sequence, SequenceRun, SequenceStep
from app.followups.models import MOST_STEPS
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing
from app.studio.overview import COUNTED_UP_TO, Count
from app.studio.sequence_forms import IN_WORDS, SequenceForm

_STATES: dict[str, ColumnElement[bool]] = {"active": Sequence.active.is_(True), "off": Sequence.active.is_(False)}
SEQUENCES = Listing(
    rows=select(Sequence).options(defer(Sequence.note), selectinload(Sequence.steps).defer(SequenceStep.body)),
    number=Sequence.id,
    searched=(Sequence.title, Sequence.name),
    states=_STATES,
)
A_SEQUENCE = "/sequences/<int(max=2147483647):sequence_id>"


def wanted(sequence_id: int) -> Sequence:
    """The sequence of this number, or the page that says there is none."""
    return db.session.get(Sequence, sequence_id) or abort(404)


def wanted_for_update(sequence_id: int) -> Sequence:
    return Sequence.for_update(sequence_id) or abort(404)


def on_their_way(sequences: list[Sequence]) -> dict[int, Count]:
    """How many people are on the way through each, by its number, counted no further than is worth knowing."""
    if not sequences:
        return {}
    found = db.session.execute(union_all(*(_travellers(sequence) for sequence in sequences)))
    return {sequence_id: Count(number) for sequence_id, number in found}


def _travellers(sequence: Sequence) -> Any:
    running = select(SequenceRun.id).where(SequenceRun.sequence_id == sequence.id, SequenceRun.next_at.is_not(None))
    counted = running.limit(COUNTED_UP_TO).subquery()
    return select(literal(sequence.id), select(func.count()).select_from(counted).scalar_subquery())


@bp.get("/sequences")
def list_sequences() -> ResponseReturnValue:
    page = SEQUENCES.page(Asked.by(request.args))
    return render_template("studio/sequences.html", page=page, words=IN_WORDS, on_their_way=on_their_way(page.rows))


@bp.get("/sequences/new")
def begin_sequence() -> ResponseReturnValue:
    return render_template("studio/sequence_new.html", form=SequenceForm(formdata=None))


@bp.post("/sequences")
def create_sequence() -> ResponseReturnValue:
    form = SequenceForm()
    if not form.validate():
        return render_template("studio/sequence_new.html", form=form), 422
    sequence = Sequence.begun(form.title.data or "")
    form.fill(sequence)
    db.session.commit()
    flash("It is made, and switched off until you switch it on. Now write its first letter.", "good")
    return redirect(url_for(".show_sequence", sequence_id=sequence.id), 303)


@bp.get(A_SEQUENCE)
def show_sequence(sequence_id: int) -> ResponseReturnValue:
    sequence = wanted(sequence_id)
    count = on_their_way([sequence])[sequence.id]
    full = len(sequence.steps) >= MOST_STEPS
    return render_template("studio/sequence.html", sequence=sequence, words=IN_WORDS, on_their_way=count, is_full=full)


@bp.get(f"{A_SEQUENCE}/settings")
def show_sequence_settings(sequence_id: int) -> ResponseReturnValue:
    sequence = wanted(sequence_id)
    form = SequenceForm(sequence, formdata=None, obj=sequence)
    return render_template("studio/sequence_settings.html", sequence=sequence, form=form)


@bp.post(f"{A_SEQUENCE}/settings")
def save_sequence_settings(sequence_id: int) -> ResponseReturnValue:
    sequence = wanted_for_update(sequence_id)
    form = SequenceForm(sequence)
    if not form.validate():
        return render_template("studio/sequence_settings.html", sequence=sequence, form=form), 422
    form.fill(sequence)
    db.session.commit()
    flash("Saved.", "good")
    return redirect(url_for(".show_sequence", sequence_id=sequence.id), 303)


@bp.post(f"{A_SEQUENCE}/activation")
def activate_sequence(sequence_id: int) -> ResponseReturnValue:
    sequence = wanted_for_update(sequence_id)
    if sequence.steps:
        sequence.active = True
        db.session.commit()
        flash("It is on. Whoever it starts for from now on gets its letters.", "good")
    else:
        flash("Write its first letter before you switch it on.", "bad")
    return redirect(url_for(".show_sequence", sequence_id=sequence_id), 303)


@bp.post(f"{A_SEQUENCE}/deactivation")
def deactivate_sequence(sequence_id: int) -> ResponseReturnValue:
    wanted_for_update(sequence_id).active = False
    db.session.commit()
    flash("It is off. Nobody enters it; whoever is on the way gets the rest of their letters.", "good")
    return redirect(url_for(".show_sequence", sequence_id=sequence_id), 303)
