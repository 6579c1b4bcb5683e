"""availability and bookings"""

import uuid
from datetime import UTC
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ONE_END = (
    "(cancelled_at IS NULL AND completed_at IS NULL) OR (cancelled_at IS NULL AND no_show_at IS NULL)"
    " OR (completed_at IS NULL AND no_show_at IS NULL)"
)
BOOKED_FOR_A_TIME = "booked_at IS NULL OR (coach_id IS NOT NULL AND starts_at IS NOT NULL AND ends_at IS NOT NULL)"
FILLED = {
    "answers": sa.JSON(),
    "has_neutral_title": sa.Boolean(),
    "is_cancelled_by_coach": sa.Boolean(),
    "private_notes": sa.String(),
    "calendar_sequence": sa.Integer(),
}


def upgrade():
    op.create_table(
        "coach",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("location", sa.String(length=500), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False),
        sa.Column("minimum_notice_hours", sa.Integer(), nullable=False),
        sa.Column("booking_window_days", sa.Integer(), nullable=False),
        sa.Column("most_per_day", sa.Integer(), nullable=True),
        sa.Column("most_per_week", sa.Integer(), nullable=True),
        sa.Column("calendar_number", sa.Integer(), nullable=False),
        sa.Column("busy_feed_url", sa.String(length=2000), nullable=False),
        sa.Column("busy_feed_checked_at", sa.DateTime(), nullable=True),
        sa.Column("busy_feed_good_at", sa.DateTime(), nullable=True),
        sa.Column("busy_feed_problem", sa.String(), nullable=False),
        sa.CheckConstraint("booking_window_days BETWEEN 1 AND 365", name=op.f("ck_coach_some_window")),
        sa.CheckConstraint(
            "buffer_before_minutes BETWEEN 0 AND 240 AND buffer_before_minutes % 5 = 0",
            name=op.f("ck_coach_tick_before"),
        ),
        sa.CheckConstraint(
            "buffer_after_minutes BETWEEN 0 AND 240 AND buffer_after_minutes % 5 = 0", name=op.f("ck_coach_tick_after")
        ),
        sa.CheckConstraint("minimum_notice_hours BETWEEN 0 AND 720", name=op.f("ck_coach_some_notice")),
        sa.CheckConstraint("most_per_day > 0 AND most_per_week > 0", name=op.f("ck_coach_some_a_day")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coach")),
        sa.UniqueConstraint("slug", name=op.f("uq_coach_slug")),
    )
    op.create_table(
        "consultation_kind",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("step_minutes", sa.Integer(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "duration_minutes BETWEEN 5 AND 480 AND duration_minutes % 5 = 0",
            name=op.f("ck_consultation_kind_takes_ticks"),
        ),
        sa.CheckConstraint("price_cents >= 0", name=op.f("ck_consultation_kind_price_not_negative")),
        sa.CheckConstraint(
            "step_minutes BETWEEN 5 AND 480 AND step_minutes % 5 = 0", name=op.f("ck_consultation_kind_steps_in_ticks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_kind")),
        sa.UniqueConstraint("slug", name=op.f("uq_consultation_kind_slug")),
    )
    op.create_table(
        "busy_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coach_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_busy_time_takes_time")),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("fk_busy_time_coach_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_busy_time")),
    )
    with op.batch_alter_table("busy_time", schema=None) as batch_op:
        batch_op.create_index("ix_busy_time_coach_ends", ["coach_id", "ends_at"], unique=False)

    op.create_table(
        "date_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coach_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_extra", sa.Boolean(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "end_minute > start_minute AND end_minute <= start_minute + 1440 AND end_minute % 5 = 0",
            name=op.f("ck_date_override_ends_on_tick"),
        ),
        sa.CheckConstraint(
            "start_minute BETWEEN 0 AND 1439 AND start_minute % 5 = 0", name=op.f("ck_date_override_starts_on_tick")
        ),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("fk_date_override_coach_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_date_override")),
    )
    with op.batch_alter_table("date_override", schema=None) as batch_op:
        batch_op.create_index("ix_date_override_coach_day", ["coach_id", "day"], unique=False)

    op.create_table(
        "weekly_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coach_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "end_minute > start_minute AND end_minute <= start_minute + 1440 AND end_minute % 5 = 0",
            name=op.f("ck_weekly_hours_ends_on_tick"),
        ),
        sa.CheckConstraint(
            "start_minute BETWEEN 0 AND 1439 AND start_minute % 5 = 0", name=op.f("ck_weekly_hours_starts_on_tick")
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_hours_day_of_week")),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("fk_weekly_hours_coach_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_hours")),
        sa.UniqueConstraint(
            "coach_id", "weekday", "start_minute", name=op.f("uq_weekly_hours_coach_id_weekday_start_minute")
        ),
    )
    op.create_table(
        "reserved_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("coach_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("blocked_from", sa.DateTime(), nullable=False),
        sa.Column("blocked_until", sa.DateTime(), nullable=False),
        sa.Column("held_until", sa.DateTime(), nullable=True),
        sa.Column("is_proposed_by_coach", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "blocked_from <= starts_at AND starts_at < ends_at AND ends_at <= blocked_until",
            name=op.f("ck_reserved_time_in_order"),
        ),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("fk_reserved_time_coach_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_reserved_time_consultation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reserved_time")),
    )
    with op.batch_alter_table("reserved_time", schema=None) as batch_op:
        batch_op.create_index("ix_reserved_time_coach_until", ["coach_id", "blocked_until"], unique=False)
        batch_op.create_index(batch_op.f("ix_reserved_time_consultation_id"), ["consultation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reserved_time_held_until"), ["held_until"], unique=False)

    op.create_table(
        "reserved_tick",
        sa.Column("coach_id", sa.Integer(), nullable=False),
        sa.Column("tick", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reserved_time_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("fk_reserved_tick_coach_id")),
        sa.ForeignKeyConstraint(
            ["reserved_time_id"],
            ["reserved_time.id"],
            name=op.f("fk_reserved_tick_reserved_time_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("coach_id", "tick", name=op.f("pk_reserved_tick")),
    )
    with op.batch_alter_table("reserved_tick", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reserved_tick_reserved_time_id"), ["reserved_time_id"], unique=False)

    _bring_over_what_the_offer_said()
    with op.batch_alter_table("coaching_offer", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_coaching_offer_takes_time"), type_="check")
        batch_op.drop_column("duration_minutes")
        batch_op.drop_column("coach_name")
        batch_op.drop_column("time_zone")

    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("coach_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("answers", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("has_neutral_title", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("held_until", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("booked_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("starts_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("ends_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("is_cancelled_by_coach", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("no_show_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("reminded_day_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("reminded_hour_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("private_notes", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("uid", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("calendar_sequence", sa.Integer(), nullable=False, server_default="0"))

    _fill_in_consultations()
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.alter_column("kind_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("uid", existing_type=sa.String(length=36), nullable=False)
        for name, kind in FILLED.items():
            batch_op.alter_column(name, existing_type=kind, server_default=None)
        batch_op.create_index(batch_op.f("ix_consultation_coach_id"), ["coach_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consultation_held_until"), ["held_until"], unique=False)
        batch_op.create_index("ix_consultation_starts", ["starts_at"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_consultation_uid"), ["uid"])
        batch_op.create_foreign_key(batch_op.f("fk_consultation_coach_id"), "coach", ["coach_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_consultation_kind_id"), "consultation_kind", ["kind_id"], ["id"])
        batch_op.drop_constraint(batch_op.f("ck_consultation_one_end"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_consultation_one_end"), ONE_END)
        batch_op.create_check_constraint(batch_op.f("ck_consultation_booked_for_a_time"), BOOKED_FOR_A_TIME)

    with op.batch_alter_table("preferred_time", schema=None) as batch_op:
        batch_op.drop_column("wall_time")
        batch_op.drop_column("time_zone")


def _bring_over_what_the_offer_said():
    """The offer's coach and its one length become rows of their own; hours are the owner's to set."""
    connection = op.get_bind()
    said = connection.execute(sa.text("SELECT duration_minutes, coach_name, time_zone FROM coaching_offer")).first()
    asked = connection.execute(sa.text("SELECT count(*) FROM consultation")).scalar()
    if not said and not asked:
        return
    duration, coach, zone = said or (45, "", "")
    connection.execute(
        sa.text(
            "INSERT INTO consultation_kind (slug, title, description, duration_minutes, step_minutes, questions,"
            " price_cents, currency, position, is_active)"
            " VALUES ('consultation', 'Coaching consultation', '', :duration, 30, '[]', 0, 'usd', 1, :yes)"
        ),
        {"duration": min(max(5, duration // 5 * 5), 480), "yes": True},
    )
    if said:
        connection.execute(
            sa.text(
                "INSERT INTO coach (slug, name, email, time_zone, location, position, is_active, buffer_before_minutes,"
                " buffer_after_minutes, minimum_notice_hours, booking_window_days, calendar_number, busy_feed_url,"
                " busy_feed_problem) VALUES ('coach', :name, '', :zone, '', 1, :yes, 0, 15, 24, 60, 1, '', '')"
            ),
            {"name": coach, "zone": zone, "yes": True},
        )


def _fill_in_consultations():
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE consultation SET kind_id = (SELECT min(id) FROM consultation_kind)"))
    for (number,) in connection.execute(sa.text("SELECT id FROM consultation")).all():
        connection.execute(
            sa.text("UPDATE consultation SET uid = :uid WHERE id = :id"), {"uid": str(uuid.uuid4()), "id": number}
        )


def downgrade():
    with op.batch_alter_table("preferred_time", schema=None) as batch_op:
        batch_op.add_column(sa.Column("time_zone", sa.String(length=64), nullable=False, server_default="UTC"))
        batch_op.add_column(sa.Column("wall_time", sa.String(length=16), nullable=True))

    _write_walls()
    with op.batch_alter_table("preferred_time", schema=None) as batch_op:
        batch_op.alter_column("time_zone", existing_type=sa.String(length=64), server_default=None)
        batch_op.alter_column("wall_time", existing_type=sa.String(length=16), nullable=False)

    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_consultation_booked_for_a_time"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_consultation_one_end"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_consultation_kind_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_consultation_coach_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_consultation_uid"), type_="unique")
        batch_op.drop_index("ix_consultation_starts")
        batch_op.drop_index(batch_op.f("ix_consultation_held_until"))
        batch_op.drop_index(batch_op.f("ix_consultation_coach_id"))
        batch_op.drop_column("calendar_sequence")
        batch_op.drop_column("uid")
        batch_op.drop_column("private_notes")
        batch_op.drop_column("reminded_hour_at")
        batch_op.drop_column("reminded_day_at")
        batch_op.drop_column("no_show_at")
        batch_op.drop_column("is_cancelled_by_coach")
        batch_op.drop_column("ends_at")
        batch_op.drop_column("starts_at")
        batch_op.drop_column("booked_at")
        batch_op.drop_column("held_until")
        batch_op.drop_column("has_neutral_title")
        batch_op.drop_column("answers")
        batch_op.drop_column("coach_id")
        batch_op.drop_column("kind_id")

    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.create_check_constraint(
            batch_op.f("ck_consultation_one_end"), "cancelled_at IS NULL OR completed_at IS NULL"
        )

    with op.batch_alter_table("coaching_offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("time_zone", sa.String(length=64), nullable=False, server_default="UTC"))
        batch_op.add_column(sa.Column("coach_name", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("duration_minutes", sa.Integer(), nullable=False, server_default="45"))

    op.execute("""
        UPDATE coaching_offer SET
            time_zone = coalesce((SELECT time_zone FROM coach ORDER BY position, id LIMIT 1), time_zone),
            coach_name = coalesce((SELECT name FROM coach ORDER BY position, id LIMIT 1), coach_name),
            duration_minutes = coalesce(
                (SELECT duration_minutes FROM consultation_kind ORDER BY position, id LIMIT 1), duration_minutes)
    """)
    with op.batch_alter_table("coaching_offer", schema=None) as batch_op:
        batch_op.alter_column("time_zone", existing_type=sa.String(length=64), server_default=None)
        batch_op.alter_column("coach_name", existing_type=sa.String(length=120), server_default=None)
        batch_op.alter_column("duration_minutes", existing_type=sa.Integer(), server_default=None)
        batch_op.create_check_constraint(batch_op.f("ck_coaching_offer_takes_time"), "duration_minutes > 0")

    with op.batch_alter_table("reserved_tick", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reserved_tick_reserved_time_id"))

    op.drop_table("reserved_tick")
    with op.batch_alter_table("reserved_time", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reserved_time_held_until"))
        batch_op.drop_index(batch_op.f("ix_reserved_time_consultation_id"))
        batch_op.drop_index("ix_reserved_time_coach_until")

    op.drop_table("reserved_time")
    op.drop_table("weekly_hours")
    with op.batch_alter_table("date_override", schema=None) as batch_op:
        batch_op.drop_index("ix_date_override_coach_day")

    op.drop_table("date_override")
    with op.batch_alter_table("busy_time", schema=None) as batch_op:
        batch_op.drop_index("ix_busy_time_coach_ends")

    op.drop_table("busy_time")
    op.drop_table("consultation_kind")
    op.drop_table("coach")


def _write_walls():
    """What the clocks of the person's zone show at each time."""
    connection = op.get_bind()
    times = sa.text(
        "SELECT preferred_time.id, preferred_time.starts_at, consultation.time_zone FROM preferred_time"
        " JOIN consultation ON consultation.id = preferred_time.consultation_id"
    ).columns(sa.column("id", sa.Integer), sa.column("starts_at", sa.DateTime), sa.column("time_zone", sa.String))
    for number, starts_at, zone in connection.execute(times).all():
        wall = starts_at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
        connection.execute(
            sa.text("UPDATE preferred_time SET wall_time = :wall, time_zone = :zone WHERE id = :id"),
            {"wall": wall, "zone": zone, "id": number},
        )
