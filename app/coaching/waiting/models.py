from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, String, and_, delete, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.intake import plain_first_name
from app.coaching.models import Consultation
from app.coaching.waiting.wishes import PART_LABELS, WEEKDAYS, WaitingWish
from app.extensions import Model, db
from app.people.linked import Linked
from app.people.models import Consent, Person

if TYPE_CHECKING:
    from app.coaching.waiting.offers import SlotOffer

PURPOSE = "waiting list"
WORDING = (
    "We use this to tell you by e-mail when a time opens that suits you, and for nothing else. Leave with one press, "
    "any time."
)
# Who lets so many offers in a row pass without a word is not written to again until they say so.
MOST_UNANSWERED = 3
UNPROVEN_KEPT = timedelta(days=30)
ENDED_KEPT = timedelta(days=30)
PAUSED_KEPT = timedelta(days=180)
IN_LINE = text("confirmed_at IS NOT NULL AND ended_at IS NULL")
UNPROVEN = text("confirmed_at IS NULL AND ended_at IS NULL")


class WaitingEntry(Model, Linked):
    """Somebody's place in line for one kind of consultation. What has become of it is told by its moments.

    It counts once its mailed link was used: what is held for somebody, nobody else can book.
    """

    LINK_PURPOSE = PURPOSE

    __table_args__ = (
        Index(
            "uq_waiting_entry_in_line",
            *("person_id", "kind_id"),
            unique=True,
            postgresql_where=IN_LINE,
            sqlite_where=IN_LINE,
        ),
        Index(
            "uq_waiting_entry_unproven",
            *("person_id", "kind_id"),
            unique=True,
            postgresql_where=UNPROVEN,
            sqlite_where=UNPROVEN,
        ),
        CheckConstraint(f"unanswered BETWEEN 0 AND {MOST_UNANSWERED}", name="few_unanswered"),
        CheckConstraint("paused_at IS NULL OR confirmed_at IS NOT NULL", name="paused_in_line"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind_id: Mapped[int] = mapped_column(ForeignKey("consultation_kind.id"))
    coach_id: Mapped[int | None] = mapped_column(ForeignKey("coach.id"))  # None for any.
    name: Mapped[str] = mapped_column(String(120))
    weekdays: Mapped[list[int]] = mapped_column(JSON)  # 0 is Monday.
    day_parts: Mapped[list[str]] = mapped_column(JSON)
    time_zone: Mapped[str] = mapped_column(String(64))
    also_at_night: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]  # Who did so first comes first.
    # Offers in a row that passed without an answer.
    unanswered: Mapped[int] = mapped_column(default=0)
    paused_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()
    kind: Mapped[ConsultationKind] = relationship()
    coach: Mapped[Coach | None] = relationship()
    offers: Mapped[list["SlotOffer"]] = relationship(
        order_by="SlotOffer.id", passive_deletes="all", back_populates="entry"
    )

    @classmethod
    def ask(cls, person: Person, kind: ConsultationKind, name: str, wish: WaitingWish, *, page: str) -> "WaitingEntry":
        """What is asked for in the name of `person`, locked; it changes nothing before its mailed link is used."""
        Consent.record(person, PURPOSE, "requested", wording=WORDING, page=page)
        unproven = select(cls).filter_by(person_id=person.id, kind_id=kind.id, confirmed_at=None, ended_at=None)
        entry = db.session.scalar(unproven)
        if entry is None:
            db.session.add(entry := cls(person=person, kind=kind))
        entry.name = name
        entry._take(wish)
        db.session.flush()
        return entry

    @classmethod
    def in_line_of(cls, person_id: int, kind_id: int) -> Self | None:
        """The place that the person has in line."""
        standing = select(cls).filter_by(person_id=person_id, kind_id=kind_id, ended_at=None)
        return db.session.scalar(standing.where(cls.confirmed_at.is_not(None)))

    @classmethod
    def has_booked_since(cls, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        """The condition under which the person has, since they got in line, booked what they wait for, or is paying.

        `conditions` are for the consultation to meet besides.
        """
        is_being_paid = and_(Consultation.is_unpaid, Consultation.held_until > now())
        booked = select(Consultation.id).where(
            Consultation.person_id == cls.person_id,
            Consultation.kind_id == cls.kind_id,
            or_(Consultation.booked_at >= cls.confirmed_at, is_being_paid),
            Consultation.cancelled_at.is_(None),
        )
        return booked.where(*conditions).exists()

    @classmethod
    def forget_old(cls) -> None:
        """Drop what has no bearing any more: wishes never confirmed, places that ended, and who stays silent.

        A booking ends a place in line once its time has come: until then it may be called off, or be somebody else's
        game with the address.
        """
        unproven = and_(cls.confirmed_at.is_(None), cls.asked_at <= now() - UNPROVEN_KEPT)
        ended, silent = cls.ended_at <= now() - ENDED_KEPT, cls.paused_at <= now() - PAUSED_KEPT
        served = cls.has_booked_since(Consultation.starts_at <= now())
        chosen = delete(cls).where(or_(unproven, ended, silent, served))
        db.session.execute(chosen.execution_options(synchronize_session=False))

    @classmethod
    def from_link(cls, token: str, *, for_update: bool = False) -> Self | None:
        """The place in line, or the wish for one, that this private link is about; `for_update` locks its person.

        The link to a wish that was merged into another place leads to that place.
        """
        entry = super().from_link(token, for_update=for_update)
        return (entry and entry.ended_at and cls.in_line_of(entry.person_id, entry.kind_id)) or entry

    @property
    def whose(self) -> int:
        return self.person_id

    @property
    def made_at(self) -> datetime:
        return self.asked_at

    @property
    def state(self) -> str:
        """ "unproven", "waiting", "paused" or "ended"."""
        if self.ended_at:
            return "ended"
        if not self.confirmed_at:
            return "unproven"
        return "paused" if self.paused_at else "waiting"

    @property
    def wish(self) -> WaitingWish:
        days, parts = tuple(self.weekdays), tuple(self.day_parts)
        return WaitingWish(self.coach, days, parts, self.time_zone, self.also_at_night)

    @property
    def first_name(self) -> str:
        return plain_first_name(self.name)

    @property
    def days_in_words(self) -> str:
        return "any day" if len(self.weekdays) == 7 else ", ".join(WEEKDAYS[day] for day in sorted(self.weekdays))

    @property
    def parts_in_words(self) -> list[str]:
        return [label for part, label in PART_LABELS.items() if part in self.day_parts]

    @property
    def open_offer(self) -> "SlotOffer | None":
        return next((offer for offer in self.offers if offer.is_open), None)

    def awaits(self, starts_at: datetime, coach: Coach) -> bool:
        """Whether they still wait, for such a time."""
        return self.state == "waiting" and self.wish.suits(starts_at, coach)

    def was_offered(self, starts_at: datetime) -> bool:
        """Whether they were offered an opening that a consultation at that time would take up, too."""
        ends_at = starts_at + timedelta(minutes=self.kind.duration_minutes)
        return any(offer.starts_at < ends_at and starts_at < offer.ends_at for offer in self.offers)

    def confirm(self, *, page: str) -> "WaitingEntry":
        """Its mailed link was used: it gets a place in line. A place they had already stays, and takes this wish.

        Returns the place. Lock the person first.
        """
        if self.state != "unproven":
            return self
        Consent.record(self.person, PURPOSE, "given", wording=WORDING, page=page)
        self.person.take_name(self.name)
        self.person.was_here()
        if standing := WaitingEntry.in_line_of(self.person_id, self.kind_id):
            self.ended_at, standing.name = now(), self.name
            standing.change(self.wish)
            return standing
        self.confirmed_at = now()
        return self

    def change(self, wish: WaitingWish) -> None:
        """Wait for something else; who was paused waits on."""
        self._take(wish)
        self.hear_from_them()

    def hear_from_them(self) -> None:
        """Note that the person still wants to know."""
        self.unanswered, self.paused_at = 0, None

    def let_pass(self) -> bool:
        """Count an offer that was not answered; whether they are written to no more for now."""
        self.unanswered += 1
        if self.unanswered == MOST_UNANSWERED:
            self.paused_at = now()
        return self.paused_at is not None

    def leave(self, *, page: str) -> None:
        """The person leaves; what is held for them goes to the next. Lock the person first."""
        if self.state == "unproven":
            self.ended_at = now()
        elif not self.ended_at:
            Consent.record(self.person, PURPOSE, "withdrawn", wording=WORDING, page=page)
            self.end()

    def end(self) -> None:
        """Give the place up, and what is held for it. Lock the person first."""
        if offer := self.open_offer:
            offer.decline()
        self.ended_at = self.ended_at or now()

    def _take(self, wish: WaitingWish) -> None:
        self.coach, self.time_zone, self.also_at_night = wish.coach, wish.time_zone, wish.also_at_night
        self.weekdays, self.day_parts = list(wish.weekdays), list(wish.day_parts)
