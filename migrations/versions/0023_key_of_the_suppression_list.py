"""key of the suppression list"""

import hmac
import logging
import secrets
from hashlib import sha256

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

log = logging.getLogger(__name__)

KEYS = sa.table("suppression_key", sa.column("id", sa.Integer), sa.column("key", sa.Text))
SUPPRESSION = sa.table(
    "suppression",
    sa.column("id", sa.Integer),
    sa.column("address_hash", sa.String(64)),
    sa.column("address", sa.String(254)),
)


def upgrade():
    op.create_table(
        "suppression_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_suppression_key_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression_key")),
    )
    only_hashes = sa.select(SUPPRESSION.c.id).where(SUPPRESSION.c.address.is_(None)).limit(1)
    if op.get_bind().scalar(only_hashes):
        # Nobody can hash anew an address that was forgotten, so its key has to stay what it was.
        key = current_app.config["SECRET_KEY"]
        log.warning("The suppression list keeps this SECRET_KEY as its own. Change SECRET_KEY once: nobody leaves the list")
    else:
        hash_anew(key := secrets.token_urlsafe(32))
    op.execute(KEYS.insert().values(id=1, key=key))


def downgrade():
    op.drop_table("suppression_key")
    hash_anew(current_app.config["SECRET_KEY"])


def hash_anew(key):
    found = op.get_bind().execute(
        sa.select(SUPPRESSION.c.id, SUPPRESSION.c.address).where(SUPPRESSION.c.address.is_not(None))
    )
    hashes = [
        {"which": number, "hash": hmac.new(key.encode(), b"suppression:" + address.encode(), sha256).hexdigest()}
        for number, address in found
    ]
    if hashes:
        hashing = SUPPRESSION.update().where(SUPPRESSION.c.id == sa.bindparam("which"))
        op.get_bind().execute(hashing.values(address_hash=sa.bindparam("hash")), hashes)
