"""Which deliveries a worker takes for itself next, and which of them have to wait."""

from datetime import datetime
from typing import Any

from app.clock import now
from app.followups import daily
from app.newsletter.preferences import quiet_hours
from app.newsletter.sending.ledger import Claimed, Ledger
from app.newsletter.sending.messages import Recipient

# Few at first, so that a short list is shared by the workers, and more as it goes on: as many as go in a minute,
# because who they are and when they sleep is looked up when they are claimed.
FEWEST_CLAIMED, MOST_CLAIMED = 20, 800
CLAIMED_AHEAD_SECONDS = 60


class Claims:
    """Deliveries taken from the ledger for one worker."""

    def __init__(self, ledger: Ledger) -> None:
        self.are_at_an_end = False
        self._ledger = ledger
        self._last, self._at = 0, 0.0

    def next(self, moment: float) -> list[Claimed]:
        """Claim some; gives those who may be disturbed now, and puts off the others. `moment` is in seconds."""
        rows = self._ledger.claim(self.next_count(moment))
        self.are_at_an_end = not rows
        due = self._due_later(rows)
        if due:
            self._ledger.put_off(due, {row.id: row.attempts for row in rows})
        return [Claimed(Recipient(*row[:5]), row.attempts, row.unanswered) for row in rows if row.id not in due]

    def next_count(self, moment: float) -> int:
        """Twice as many as the last time, if those took half of CLAIMED_AHEAD_SECONDS at most."""
        at_this_rate = CLAIMED_AHEAD_SECONDS * self._last / max(moment - self._at, 0.001)
        self._last = round(max(FEWEST_CLAIMED, min(2 * self._last, at_this_rate, MOST_CLAIMED)))
        self._at = moment
        return self._last

    def _due_later(self, rows: list[Any]) -> dict[int, datetime]:
        """When those of `rows` are due who are in their quiet hours, or had another letter today; by delivery."""
        a_day_ago = now() - daily.A_DAY
        letters = daily.marketed_since([row[1] for row in rows], a_day_ago)
        issues = self._ledger.waits_for_another(rows)
        due = {}
        for row in rows:
            if row[1] in letters or row.subscription_id in issues or row.quiet_from_hour is not None:
                after_letter = letters.get(row[1], a_day_ago) + daily.A_DAY
                after_issue = issues.get(row.subscription_id, after_letter)
                due[row.id] = _end_of_quiet_hours(row, max(after_letter, after_issue, now()))
        return {number: moment for number, moment in due.items() if moment > now()}


def _end_of_quiet_hours(row: Any, moment: datetime) -> datetime:
    """When the recipient may be disturbed, from `moment` on."""
    if row.quiet_from_hour is None:
        return moment
    return quiet_hours.end_of(moment, row.quiet_from_hour, row.quiet_to_hour, row.time_zone) or moment
