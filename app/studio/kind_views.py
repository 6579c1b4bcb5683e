"""Kinds of consultation in the studio."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.offer import CoachingOffer
from app.extensions import db
from app.slugs import free_slug, slug_of
from app.studio.blueprint import bp
from app.studio.kind_forms import KindForm
from app.studio.ordering import move

A_KIND = "/kinds/<int(max=2147483647):kind_id>"


@bp.get("/kinds")
def list_kinds() -> ResponseReturnValue:
    return render_template("studio/kinds.html", kinds=_all_kinds())


@bp.get("/kinds/new")
def begin_kind() -> ResponseReturnValue:
    form = KindForm(formdata=None, duration_minutes=45, step_minutes=30, price="0")
    return _page(None, form)


@bp.post("/kinds")
def create_kind() -> ResponseReturnValue:
    form = KindForm()
    if not form.validate():
        return _page(None, form), 422
    kinds = _all_kinds()
    slug = free_slug(slug_of(form.title.data or "", 70, "consultation"), [kind.slug for kind in kinds])
    kind = ConsultationKind(slug=slug, position=max((each.position for each in kinds), default=0) + 1)
    form.fill(kind)
    db.session.add(kind)
    db.session.commit()
    flash(f"{kind.title} can be booked.", "good")
    return redirect(url_for(".list_kinds"), 303)


@bp.get(A_KIND)
def show_kind(kind_id: int) -> ResponseReturnValue:
    kind = db.session.get(ConsultationKind, kind_id) or abort(404)
    return _page(kind, KindForm.showing(kind))


@bp.post(A_KIND)
def save_kind(kind_id: int) -> ResponseReturnValue:
    kind = _kind_for_update(kind_id)
    form = KindForm(kind)
    if not form.validate():
        return _page(kind, form), 422
    form.fill(kind)
    db.session.commit()
    flash("Saved. What is booked already keeps its length and what was agreed.", "good")
    return redirect(url_for(".list_kinds"), 303)


@bp.post(f"{A_KIND}/position")
def move_kind(kind_id: int) -> ResponseReturnValue:
    move(_all_kinds(), _kind_for_update(kind_id), request.form.get("direction", ""))
    db.session.commit()
    return redirect(url_for(".list_kinds"), 303)


@bp.post(f"{A_KIND}/activation")
def activate_kind(kind_id: int) -> ResponseReturnValue:
    _kind_for_update(kind_id).is_active = True
    db.session.commit()
    flash("Switched on. It can be booked.", "good")
    return redirect(url_for(".list_kinds"), 303)


@bp.post(f"{A_KIND}/deactivation")
def deactivate_kind(kind_id: int) -> ResponseReturnValue:
    _kind_for_update(kind_id).is_active = False
    db.session.commit()
    flash("Switched off. Nobody can book it any more; what is booked stands.", "good")
    return redirect(url_for(".list_kinds"), 303)


def _kind_for_update(kind_id: int) -> ConsultationKind:
    return db.session.get(ConsultationKind, kind_id, with_for_update=True) or abort(404)


def _all_kinds() -> list[ConsultationKind]:
    return list(db.session.scalars(select(ConsultationKind).order_by(ConsultationKind.position, ConsultationKind.id)))


def _page(kind: ConsultationKind | None, form: KindForm) -> str:
    offer = CoachingOffer.current()
    return render_template("studio/kind.html", kind=kind, form=form, price_note=offer.price_note if offer else "")
