"""How far those are who allow their department to read it. Nothing is said of anybody else."""

from collections.abc import Callable, Sequence

from app.enrollment.department.models import Seat
from app.enrollment.enrollments import Enrollment

# Of places: how far each is, in words such as "7 of 18 lessons", by the place's number. A room that knows adds its own
# when imported.
TELLS: list[Callable[[Sequence[Enrollment]], dict[int, str]]] = []


def shared_by(seats: Sequence[Seat]) -> dict[int, str]:
    """How far they are who claimed one of `seats` and share it, by the number of their place."""
    places = [seat.enrollment for seat in seats if seat.enrollment and seat.enrollment.shares_progress]
    return {number: words for tell in TELLS for number, words in tell(places).items()} if places else {}
