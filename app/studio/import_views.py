"""Subscribers in and out as CSV."""

import csv
import io
from collections.abc import Iterator

from flask import Response, abort, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.clock import now
from app.extensions import csrf, db, enqueue_after_commit
from app.newsletter.in_and_out import export_csv
from app.newsletter.in_and_out.csv_reading import Table, UnreadableFile
from app.newsletter.in_and_out.export_csv import escaped
from app.newsletter.in_and_out.import_systems import guess_columns, recognize
from app.newsletter.in_and_out.import_tasks import work_on_upload
from app.newsletter.in_and_out.uploads import PART_BYTES, Upload, UploadReject
from app.publishing import reads_file_itself, refuse_files
from app.studio.blueprint import bp
from app.studio.import_forms import PREFIX, PlanForm, UploadForm, plan_form

LARGEST_FILE = 64 * 1024 * 1024
PREVIEWED, SHOWN, LATELY = 3, 20, 10
AN_UPLOAD = "/subscriptions/import/<int(max=2147483647):upload_id>"


@bp.get("/subscriptions/import")
def show_imports() -> ResponseReturnValue:
    return _imports_page(UploadForm(formdata=None))


@bp.post("/subscriptions/import")
@csrf.exempt
@reads_file_itself(LARGEST_FILE)
def receive_upload() -> ResponseReturnValue:
    csrf.protect()  # Not before this view, where the owner is known: it reads all that is sent.
    refuse_files(but="file")
    form = UploadForm()
    if not form.validate():
        return _imports_page(form), 422
    sent = form.file.data

    def blocks() -> Iterator[bytes]:
        sent.stream.seek(0)
        return iter(lambda: sent.stream.read(PART_BYTES), b"")

    try:
        Table(blocks())
    except UnreadableFile as trouble:
        form.file.errors = [str(trouble)]
        return _imports_page(form), 422
    upload = Upload.receive(sent.filename or "", blocks())
    db.session.commit()
    return redirect(url_for(".show_upload", upload_id=upload.id), 303)


@bp.get(AN_UPLOAD)
def show_upload(upload_id: int) -> ResponseReturnValue:
    upload = _wanted(upload_id)
    if upload.step == "columns" or (upload.step == "checked" and "change" in request.args):
        return _plan_page(upload)
    return render_template(
        "studio/import.html",
        upload=upload,
        report=upload.report,
        rejects=UploadReject.of(upload_id, most=SHOWN),
        source=upload.source() if upload.step == "checked" else None,
    )


@bp.post(f"{AN_UPLOAD}/check")
def check_upload(upload_id: int) -> ResponseReturnValue:
    upload = _wanted(upload_id, for_update=True)
    if upload.step not in ("columns", "checked"):
        abort(409, "This file is being worked on. Wait until that is done.")
    form = plan_form(upload.preview(0)[0])
    if not form.validate():
        return _plan_page(upload, form), 422
    upload.ask_for_check(
        system=form.system.data, columns=form.columns, encoding=form.encoding.data, basis=form.basis.data
    )
    return _set_to_work(upload)


@bp.post(f"{AN_UPLOAD}/import")
def import_upload(upload_id: int) -> ResponseReturnValue:
    upload = _wanted(upload_id, for_update=True)
    if upload.step != "checked":
        abort(409, "This file was not checked, or is being taken in already.")
    upload.ask_for_import()
    return _set_to_work(upload)


@bp.post(f"{AN_UPLOAD}/removal")
def remove_upload(upload_id: int) -> ResponseReturnValue:
    upload = _wanted(upload_id, for_update=True)
    if upload.step == "importing":
        abort(409, "This file is being taken in. Wait until that is done.")
    db.session.delete(upload)
    db.session.commit()
    flash("It is gone. Whoever was taken in stays.", "good")
    return redirect(url_for(".show_imports"), 303)


@bp.get(f"{AN_UPLOAD}/rejected.csv")
def download_rejects(upload_id: int) -> ResponseReturnValue:
    _wanted(upload_id)
    return _download(_reject_lines(upload_id), "rejected.csv")


@bp.get("/subscriptions/export.csv")
def export_subscriptions() -> ResponseReturnValue:
    everybody = "all" in request.args
    return _download(export_csv.portions(everybody=everybody), f"subscribers-{now():%Y-%m-%d}.csv")


def _wanted(upload_id: int, *, for_update: bool = False) -> Upload:
    return db.session.get(Upload, upload_id, with_for_update=for_update or None) or abort(404)


def _set_to_work(upload: Upload) -> ResponseReturnValue:
    enqueue_after_commit(work_on_upload, upload.id)
    db.session.commit()
    return redirect(url_for(".show_upload", upload_id=upload.id), 303)


def _imports_page(form: UploadForm) -> str:
    lately = list(db.session.scalars(select(Upload).order_by(Upload.id.desc()).limit(LATELY)))
    return render_template("studio/imports.html", form=form, uploads=lately, largest=LARGEST_FILE // 1024**2)


def _plan_page(upload: Upload, form: PlanForm | None = None) -> str:
    header, rows = upload.preview(PREVIEWED)
    columns = upload.columns or guess_columns(header)
    form = form or plan_form(
        header,
        system=upload.system or recognize(header),
        encoding=upload.encoding,
        basis=upload.basis,
        **{PREFIX + name: str(place) for name, place in columns.items()},
    )
    return render_template("studio/import_plan.html", upload=upload, form=form, header=header, rows=rows)


def _reject_lines(upload_id: int) -> Iterator[str]:
    last, batch = 0, [("line", "address", "reason")]
    while batch:
        out = io.StringIO()
        csv.writer(out).writerows(batch)
        yield out.getvalue()
        rows = UploadReject.of(upload_id, after_line=last, most=export_csv.BATCH)
        batch = [(str(row.line), escaped(row.address), row.reason) for row in rows]
        last = rows[-1].line if rows else last
        db.session.rollback()


def _download(lines: Iterator[str], name: str) -> Response:
    """A file that is written while it is read. The mark at its beginning tells Excel that it is UTF-8."""

    def portions() -> Iterator[str]:
        yield "\ufeff"
        yield from lines

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(portions()), mimetype="text/csv", headers=headers)
