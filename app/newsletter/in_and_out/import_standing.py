"""How somebody stands with the list in a file, by all that its row says of that."""

from collections.abc import Mapping, Sequence

from app.newsletter.in_and_out.cells import CellTrouble, word, yes_or_no
from app.newsletter.in_and_out.import_systems import (
    FALSE,
    GUESSES,
    KEEP_OUT,
    OUR_OWN,
    STANDINGS,
    SYSTEMS,
    TRUE,
    Standing,
    plain,
)

# The worst first: it is what becomes of somebody of whom several are true.
_OUT = {
    "complained": Standing.COMPLAINED,
    "bounced": Standing.BOUNCED,
    "blocked": Standing.BLOCKED,
    "left_at": Standing.LEFT,
}
_ON_THE_LIST = (Standing.SUBSCRIBED, Standing.PAUSED)


class Signs:
    """Which columns of a file tell who is not subscribed, and what they tell of a row."""

    def __init__(self, system: str, header: Sequence[str], columns: Mapping[str, int]) -> None:
        """`system` is a key of SYSTEMS; `columns` are by field. What by its name keeps people out does so unchosen."""
        self._system = SYSTEMS[system]
        named = list(enumerate(map(plain, header)))
        self._own = [(place, *self._system.signs[name]) for place, name in named if name in self._system.signs]
        taken = {place for place, *_ in self._own}
        self._out: list[tuple[int, Standing]] = []
        # Our own export says by its status who came back, and beside it when they had left.
        for wanted, standing in _OUT.items() if system != OUR_OWN else ():
            chosen = columns.get(wanted, -1)
            others = taken | {place for name, place in columns.items() if name != wanted}
            places = {place for place, name in named if name in GUESSES[wanted].split()} - others
            self._out += [(place, standing) for place in sorted(places | {chosen} - taken) if place >= 0]

    @property
    def places(self) -> list[int]:
        """The numbers of the columns in which somebody is told to be out."""
        return [each[0] for each in self._own] + [place for place, _ in self._out]

    def of(self, cells: Sequence[str], said: Mapping[str, str]) -> Standing:
        """What a row tells; `said` are its cells by field. Raises CellTrouble."""
        for place, when, standing in self._own:
            if _tells(when, cells[place].strip().lower() if place < len(cells) else ""):
                return standing
        out = self._out_of(cells)
        if out and out is not Standing.LEFT:
            return out
        stated = self._stated(said)
        if stated in KEEP_OUT:
            return stated
        if out:
            return out
        if stated is None:
            raise CellTrouble(f"Its status, {said['status'][:40]!r}, is none that is known.")
        return _denied(said) or stated if stated in _ON_THE_LIST else stated

    def _out_of(self, cells: Sequence[str]) -> Standing | None:
        told = (standing for place, standing in self._out if place < len(cells) and _is_out(cells[place], standing))
        return next(told, None)

    def _stated(self, said: Mapping[str, str]) -> Standing | None:
        """What its status says; None when nobody knows what that means."""
        if (suppressed := said.get("suppressed", "")) and yes_or_no(suppressed) is not False:
            return self._system.standing(word(suppressed)) or Standing.BLOCKED
        status = said.get("status", "")
        return self._system.standing(word(status)) if status else Standing.SUBSCRIBED


def _is_out(cell: str, standing: Standing) -> bool:
    """Whether a cell that would tell of `standing` does: yes, or since when. Raises CellTrouble."""
    cell = cell.strip()
    if (told := yes_or_no(cell)) is not None:
        return told
    if (known := STANDINGS.get(word(cell))) is not None:
        return known in KEEP_OUT
    if standing is Standing.LEFT:  # Whatever it is, such as "yesterday": there is something about their leaving.
        return True
    raise _unclear(cell)


def _denied(said: Mapping[str, str]) -> Standing | None:
    """What becomes of somebody of whom a column denies that they confirmed, or are subscribed. Raises CellTrouble."""
    if said.get("confirmed_at") and yes_or_no(said["confirmed_at"]) is False and said["confirmed_at"][:2] != "00":
        return Standing.UNCONFIRMED
    for name in ("confirmed", "subscribed"):
        if name not in said or (not said[name] and said.get("status")):
            continue
        told = yes_or_no(said[name])
        if told is None:
            if (known := STANDINGS.get(word(said[name]))) is None:
                raise _unclear(said[name])
            if known not in _ON_THE_LIST:
                return known
        elif not told:
            return Standing.UNCONFIRMED
    return None


def _unclear(cell: str) -> CellTrouble:
    return CellTrouble(f"{cell[:40]!r} was found where only yes, no or a date makes sense.")


def _tells(when: str, cell: str) -> bool:
    """Whether a sign holds for a row. Raises CellTrouble for what is neither true nor false."""
    if when in ("always", "filled"):
        return when == "always" or bool(cell)
    if cell not in TRUE | FALSE:
        raise CellTrouble(f"{cell[:40]!r} was found where only true or false makes sense.")
    return (cell in TRUE) == (when == "true")
