"""An import at work: cut off, handed on, lost to another worker, and not kept for long."""

from datetime import timedelta

import pytest

from app.clock import now
from app.extensions import db
from app.newsletter.in_and_out.import_rows import BATCH
from app.newsletter.in_and_out.import_tasks import sweep_uploads, work_on_upload
from app.newsletter.in_and_out.uploads import SILENCE, LostClaim, Upload, UploadPart, UploadReject
from app.outbox.delivery import Deliverer
from tests.studio.importing import check, count, everybody, press, send


@pytest.fixture
def many(owner, work):
    """An upload of three batches, checked."""
    rows = b"".join(b"reader%d@example.org\n" % number for number in range(3 * BATCH))
    path = send(owner, b"email\n" + rows).location
    check(owner, path, column_name="", column_status="")
    work()
    return path


def test_an_import_that_was_cut_off_goes_on_where_it_was(owner, work, many, monkeypatch, clock):
    press(owner, many, "import")
    upload_id = int(many.rpartition("/")[2])
    claim = Upload.claim(upload_id)
    db.session.commit()
    steps = claim.work()
    for _ in range(3):  # The beginning and two batches; then the worker dies.
        next(steps)
        db.session.commit()
    del steps, claim
    assert len(everybody()) == 2 * BATCH
    db.session.rollback()
    work_on_upload.call_local(upload_id)  # Somebody still has it, as far as anyone knows.
    assert len(everybody()) == 2 * BATCH
    clock.advance(seconds=SILENCE.total_seconds() + 1)
    db.session.rollback()
    sweep_uploads.call_local()
    work()
    assert len(everybody()) == 3 * BATCH
    db.session.rollback()
    assert db.session.get(Upload, upload_id).counts == {"new": 3 * BATCH}


def test_a_worker_that_is_told_to_stop_hands_the_import_on(app, owner, work, many):
    press(owner, many, "import")
    db.session.rollback()
    Deliverer.of_this_process().stopping.set()
    work()
    upload = db.session.get(Upload, int(many.rpartition("/")[2]))
    assert (upload.step, upload.claimed_by) == ("importing", None)
    Deliverer.of_this_process().stopping.clear()
    db.session.rollback()
    sweep_uploads.call_local()
    work()
    assert len(everybody()) == 3 * BATCH


def test_a_worker_that_lost_its_claim_writes_nothing_more(owner, many):
    press(owner, many, "import")
    upload_id = int(many.rpartition("/")[2])
    steps = Upload.claim(upload_id).work()
    next(steps)
    db.session.commit()
    db.session.execute(db.update(Upload).values(claimed_by="another"))
    db.session.commit()
    with pytest.raises(LostClaim):
        next(steps)
    db.session.rollback()
    assert everybody() == {}


def test_files_are_not_kept_for_long(owner, work, clock):
    begun = send(owner).location
    done = send(owner).location
    check(owner, done)
    work()
    press(owner, done, "import")
    work()
    clock.advance(days=1, minutes=1)
    db.session.rollback()
    sweep_uploads.call_local()
    assert count(UploadPart) == 0
    assert owner.get(begun).status_code == 404
    db.session.rollback()
    db.session.execute(db.update(Upload).values(finished_at=now() - timedelta(days=31)))
    db.session.commit()
    sweep_uploads.call_local()
    assert count(UploadReject) == count(Upload) == 0


def test_an_import_that_nobody_goes_on_with_is_dropped_after_a_day_and_not_before(owner, work, clock):
    path = send(owner).location
    check(owner, path)
    work()
    press(owner, path, "import")
    db.session.rollback()
    Upload.claim(int(path.rpartition("/")[2]))  # By a worker that dies.
    db.session.commit()
    for hours, kept in ((23, 1), (2, 0)):
        clock.advance(hours=hours)
        db.session.rollback()
        Upload.forget_old()
        db.session.commit()
        assert count(Upload) == kept
