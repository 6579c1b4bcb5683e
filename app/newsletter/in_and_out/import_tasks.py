from huey import crontab
from sqlalchemy import select

from app.extensions import db, queue
from app.newsletter.in_and_out.uploads import LostClaim, Upload
from app.outbox.delivery import is_stopping


@queue.task()
def work_on_upload(upload_id: int) -> None:
    """Check an uploaded file, or take it in, a batch a transaction."""
    claim = Upload.claim(upload_id)
    db.session.commit()
    if claim is None:
        return
    try:
        for _ in claim.work():
            db.session.commit()
            if is_stopping():
                claim.put_back()
                db.session.commit()
                return
    except LostClaim:
        db.session.rollback()


@queue.periodic_task(crontab())
def sweep_uploads() -> None:
    """Take up what a lost task or a dead worker left, and drop files that nobody goes on with."""
    Upload.forget_old()
    waiting = list(db.session.scalars(select(Upload.id).where(Upload.has_work())))
    db.session.commit()
    for upload_id in waiting:
        work_on_upload(upload_id)
