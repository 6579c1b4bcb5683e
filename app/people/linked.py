"""Rows that a person reaches by a private link, without signing in."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Self

from sqlalchemy.orm import Mapped

from app import tokens
from app.extensions import db
from app.people.models import Person

# Stands in a link that was not mailed.
SHOWN = 1


class Linked:
    """A row with a private link, which works for ever; what it still allows depends on the state."""

    LINK_PURPOSE: ClassVar[str]
    # Whether more than its person stands between who changes the row at once.
    IS_LOCKED_ITSELF: ClassVar[bool] = False

    if TYPE_CHECKING:
        id: Mapped[int]

    @property
    def whose(self) -> int:
        """The number of the person who has the link."""
        raise NotImplementedError

    @property
    def made_at(self) -> datetime:
        """A database may give the number of a deleted row to the next one; this moment tells them apart."""
        raise NotImplementedError

    @classmethod
    def for_update(cls, row_id: int) -> Self | None:
        """The row of this number as it is now; its person is locked until commit, as by who asks or is erased.

        A coach may come after these.
        """
        row = db.session.get(cls, row_id)
        if row is None:
            return None
        Person.for_update(row.whose)
        return db.session.get(cls, row_id, with_for_update=cls.IS_LOCKED_ITSELF, populate_existing=True)

    @classmethod
    def from_link(cls, token: str, *, for_update: bool = False) -> Self | None:
        """The row whose private link this is; `for_update` locks as the method does."""
        row_id, made_at, *_ = cls._read_link(token)
        find = cls.for_update if for_update else partial(db.session.get, cls)
        row = find(row_id) if row_id else None
        return row if row and int(row.made_at.timestamp()) == made_at else None

    @classmethod
    def id_in_link(cls, token: str) -> int | None:
        """The number in a link, without asking whether there is such a row."""
        return cls._read_link(token)[0]

    @classmethod
    def is_shown_link(cls, token: str) -> bool:
        """Whether it is a link for the browser, which proves nothing."""
        return SHOWN in cls._read_link(token)[2:]

    @classmethod
    def _read_link(cls, token: str) -> list[int] | tuple[None, None]:
        try:
            return list(tokens.read(cls.LINK_PURPOSE, token))
        except tokens.InvalidToken:
            return None, None

    @property
    def link_token(self) -> str:
        """To be mailed only."""
        return self._sign_link()

    @property
    def browser_token(self) -> str:
        """For whoever has just asked: it allows most of the same, less often, and does not show whose the address is.

        How often is counted for each row, whichever of its links is used: see link_limits.py.
        """
        return self._sign_link(SHOWN)

    def _sign_link(self, *more: int) -> str:
        return tokens.sign(self.LINK_PURPOSE, [self.id, int(self.made_at.timestamp()), *more])
