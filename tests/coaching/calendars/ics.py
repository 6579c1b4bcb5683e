"""Reading calendar files with nothing but RFC 5545 in hand, and living by them as RFC 5546 has a calendar do."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

_PARAMETER = re.compile(r';([A-Z-]+)=("[^"]*"|[^";:,]*)')
_TEXT_ESCAPES = {"\\n": "\n", "\\N": "\n", "\\\\": "\\", "\\;": ";", "\\,": ","}


class Property(NamedTuple):
    name: str
    parameters: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        assert not re.search(r"(?<!\\)(\\\\)*[,;]", self.value), f"unescaped: {self.value}"
        return re.sub(r"\\.", lambda found: _TEXT_ESCAPES[found[0]], self.value)

    @property
    def moment(self) -> datetime:
        """RFC 5545 §3.3.5, form 2."""
        assert self.parameters == {}
        return datetime.strptime(self.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


class Component:
    def __init__(self, name: str) -> None:
        self.name = name
        self.properties: list[Property] = []
        self.components: list[Component] = []

    def all(self, name: str) -> list[Property]:
        return [each for each in self.properties if each.name == name]

    def __getitem__(self, name: str) -> Property:
        [only] = self.all(name)
        return only

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def within(self, name: str) -> "list[Component]":
        return [each for each in self.components if each.name == name]


def read(file: str) -> Component:
    """The calendar in `file`. Fails on whatever a strict program could stumble over."""
    assert file.endswith("\r\n")
    lines = file[:-2].split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = re.sub("\r\n ", "", "\r\n".join(lines)).split("\r\n")
    assert not re.search("[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\u2028\u2029]", "".join(unfolded))
    outside = Component("")
    stack = [outside]
    for line in unfolded:
        found = _read_line(line)
        if found.name == "BEGIN":
            component = Component(found.value)
            stack[-1].components.append(component)
            stack.append(component)
        elif found.name == "END":
            assert stack.pop().name == found.value
        else:
            stack[-1].properties.append(found)
    assert stack == [outside]
    assert outside.properties == []
    [calendar] = outside.components
    assert calendar.name == "VCALENDAR"
    return calendar


def _read_line(line: str) -> Property:
    whole = re.fullmatch(rf"([A-Z-]+)((?:{_PARAMETER.pattern})*):(.*)", line)
    assert whole, line
    parameters = {name: value.strip('"') for name, value in _PARAMETER.findall(whole[2])}
    return Property(whole[1], parameters, whole[whole.lastindex])


# How often each may stand in an event, by method (RFC 5546 §3.2.1, §3.2.2, §3.2.5); what is not named here must not.
_ONCE, _PERHAPS, _ANY = (1, 1), (0, 1), (0, 99)
_ALWAYS = {"UID": _ONCE, "DTSTAMP": _ONCE, "DTSTART": _ONCE, "DTEND": _ONCE, "ORGANIZER": _ONCE, "SUMMARY": _ONCE,
           "SEQUENCE": _ONCE, "STATUS": _ONCE, "DESCRIPTION": _PERHAPS, "LOCATION": _PERHAPS, "URL": _PERHAPS,
           "CLASS": _PERHAPS, "TRANSP": _PERHAPS, "X-MICROSOFT-DISALLOW-COUNTER": _PERHAPS}  # fmt: skip
_OF_METHOD = {"PUBLISH": {}, "REQUEST": {"ATTENDEE": _ONCE}, "CANCEL": {"ATTENDEE": _ONCE}}
_STATES = {
    "PUBLISH": {"TENTATIVE", "CONFIRMED", "CANCELLED"},
    "REQUEST": {"TENTATIVE", "CONFIRMED"},
    "CANCEL": {"CANCELLED"},
}


def lawful(file: str) -> Component:
    """The calendar in `file`, once it is found to be what its method allows."""
    calendar = read(file)
    method = calendar["METHOD"].value
    assert calendar["VERSION"].value == "2.0"
    assert calendar["PRODID"].value
    assert {each.name for each in calendar.components} <= {"VEVENT"}  # All is in UTC: no VTIMEZONE.
    allowed = _ALWAYS | _OF_METHOD[method]
    for event in calendar.components:
        assert {each.name for each in event.properties} <= allowed.keys()
        for name, (least, most) in allowed.items():
            assert least <= len(event.all(name)) <= most, name
        assert event["STATUS"].value in _STATES[method]
        assert event["DTSTART"].moment < event["DTEND"].moment
        assert event["DTSTAMP"].moment
        assert method == "PUBLISH" or event.components == []
    uids = [event["UID"].value for event in calendar.components]
    assert len(uids) == len(set(uids))
    return calendar


class Diary:
    """A calendar that takes what comes by mail, as RFC 5546 §2.1.5 says: the later SEQUENCE counts, then DTSTAMP."""

    def __init__(self) -> None:
        self._known: dict[str, Component] = {}

    def take(self, file: str) -> None:
        [event] = lawful(file).components
        known = self._known.get(event["UID"].value)
        if known is None or _age(event) >= _age(known):
            self._known[event["UID"].value] = event

    @property
    def events(self) -> list[tuple[datetime, datetime, str]]:
        """What stands in it, by time: from when, until when, what."""
        stands = [event for event in self._known.values() if event["STATUS"].value != "CANCELLED"]
        return sorted((event["DTSTART"].moment, event["DTEND"].moment, event["SUMMARY"].text) for event in stands)


def _age(event: Component) -> tuple[int, datetime]:
    return int(event["SEQUENCE"].value), event["DTSTAMP"].moment
