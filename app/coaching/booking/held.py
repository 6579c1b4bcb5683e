from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.clock import now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.booking.reserved import ReservedTime
from app.extensions import db


class NotHeld(Exception):
    """The time is not held for the consultation, or not any more."""


class TakesTimes:
    """What a consultation has of coaches' times: one that it is booked for, and those held until somebody chooses."""

    if TYPE_CHECKING:
        id: Mapped[int]
        coach_id: Mapped[int | None]
        kind: Mapped[ConsultationKind]
        coach: Mapped[Coach | None]

    held_until: Mapped[datetime | None] = mapped_column(index=True)
    proposed_at: Mapped[datetime | None]  # When the coach last offered other times, until one is settled on.
    booked_at: Mapped[datetime | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]

    @declared_attr
    def reserved_times(cls) -> Mapped[list[ReservedTime]]:
        """What is taken or held for it now: one time once it is booked, and those that are proposed instead."""
        return relationship(order_by=ReservedTime.starts_at, passive_deletes="all", back_populates="consultation")

    @property
    def wanted_coach_id(self) -> int | None:
        """Whose times it may have: None for anybody's, as once its coach holds no consultations any more."""
        return self.coach_id if self.coach and self.coach.is_active else None

    @property
    def asked_coach(self) -> Coach | None:
        """Who answers it: its coach or, while any would do, the one who alone has times held for it."""
        holders = {time.coach for time in self.reserved_times}
        return self.coach or (holders.pop() if len(holders) == 1 else None)

    @property
    def duration_minutes(self) -> int:
        """How long it takes: as it was booked or, before that, as its kind takes now."""
        if self.starts_at and self.ends_at:
            return int((self.ends_at - self.starts_at).total_seconds()) // 60
        return self.kind.duration_minutes

    @property
    def held_times(self) -> list[ReservedTime]:
        """What is held for it at this moment, earliest first."""
        return [time for time in self.reserved_times if time.held_until and time.held_until > now()]

    @property
    def proposed_times(self) -> list[ReservedTime]:
        """What the coach offers and the person may accept at this moment, earliest first."""
        return [time for time in self.held_times if time.is_proposed_by_coach]

    @property
    def offered_times(self) -> list[ReservedTime]:
        """What the person offers and the coach may confirm at this moment, earliest first."""
        return [time for time in self.held_times if not time.is_proposed_by_coach]

    def held_time(self, starts_at: datetime) -> ReservedTime:
        """The time that is held for it at this moment and starts then. Raises NotHeld."""
        if found := next((time for time in self.held_times if time.starts_at == starts_at), None):
            return found
        raise NotHeld

    def hold(self, held: list[ReservedTime], until: datetime, *, by_coach: bool = False) -> None:
        """Keep these times for it until then; whoever may choose among them does so before."""
        self.held_until, self.proposed_at = until, now() if by_coach else None
        for reserved in held:
            reserved.held_until, reserved.consultation_id = until, self.id
            reserved.is_proposed_by_coach = by_coach
        self.look_anew()

    def let_go_held(self) -> None:
        """Free what is held for it; what it is booked for stays."""
        self.held_until = None
        self._give_back(ReservedTime.held_until.is_not(None))

    def give_back(self) -> None:
        """Free every time that is taken or held for it."""
        self._give_back()

    def _give_back(self, *chosen: ColumnElement[bool]) -> None:
        ReservedTime.give_back(ReservedTime.consultation_id == self.id, *chosen)
        self.look_anew()

    def look_anew(self) -> None:
        """See what is taken or held for it by now."""
        db.session.flush()
        db.session.expire(self, ["reserved_times"])
