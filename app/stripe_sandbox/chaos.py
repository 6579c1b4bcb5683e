"""How webhooks go wrong: the ways Stripe says they can, and more often."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Chaos:
    """`duplicate` further copies at the same moment; `delay` in seconds; `reorder` sends the newest first;
    `drop` holds events back, all of them or the next so many, until told to deliver."""

    duplicate: int = 0
    delay: float = 0
    reorder: bool = False
    drop: bool | int = False

    def set(self, **changes: Any) -> None:
        """Raises ValueError for a name that is not one of the four, or a value that cannot be meant."""
        for name, value in changes.items():
            if name not in asdict(self):
                raise ValueError(f"unknown setting: {name}")
            if not isinstance(value, int | float) or value < 0:
                raise ValueError(f"{name} must be a number of 0 or more, or true or false")
            setattr(self, name, value)

    def clear(self) -> None:
        self.set(**asdict(Chaos()))

    def takes_next(self) -> bool:
        """Whether the next event is to be held back; counts it."""
        if isinstance(self.drop, bool):
            return self.drop
        self.drop = max(0, self.drop - 1) if (held := self.drop > 0) else False
        return held
