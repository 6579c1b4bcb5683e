import re
import types
import unicodedata
from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField, Field, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp, ValidationError

from app import patient_information
from app.local_times import is_listed, offered_zones, zone_choices, zone_label
from app.people.addresses import InvalidAddress, normalize
from app.people.models import TITLES

# What turns the text around it (Unicode UAX #9), joins nothing or cannot be seen at all; the joiners of emoji and of
# Persian and Indic letters are none of it.
UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
JOINERS = "\u200c\u200d"
_STRAY_JOINERS = re.compile(rf"(?<![^\s{JOINERS}])[{JOINERS}]+")
# St.John, M.Silva and Ph.D. are none. A domain has three letters or more before its dot, or a country's two after it,
# or is in small letters, or in capitals, or everybody knows it.
_LINK = re.compile(
    r"(?i:://|\bwww\.|\.[a-z]{2,}/)"
    r"|[\w-]{3}\.[^\W\d_]{2,}\b|[\w-]{2}\.([A-Za-z]{2}|[a-z]{2,})\b|[A-Z\d-]{2}\.[A-Z]{2,}\b"
    r"|\w\.([a-z]{2}|(?i:com|net|org|info|biz|edu|gov|xyz|online|site|shop))\b"
)
_TITLED = re.compile(rf"\b(?i:{'|'.join(sorted(TITLES))})\.(?=[A-Z][a-z])")
_BLANKS = re.compile(r"[^\S\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")


class Address:
    """Checks an e-mail address and gives the form its normalized spelling."""

    def __init__(self, *, local: bool = False) -> None:
        self.local = local

    def __call__(self, form: Any, field: Field) -> None:
        try:
            normalize(field.data or "", local=self.local)
        except InvalidAddress as problem:
            raise ValidationError(str(problem)) from None


def plain_line(text: str) -> str:
    """`text` on one line, without what cannot be seen, but for what joins the letters before and after it.

    Its letters and accents are composed, so that a name is found however the keyboard of who seeks it writes them.
    """
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if line.isprintable():
        return line
    seen = "".join(letter for letter in line if letter.isprintable() or letter in JOINERS)
    return _STRAY_JOINERS.sub("", seen).strip()


class LineField(StringField):
    """One line, in whatever script. Blanks of other kinds, pasted or of a Japanese keyboard, become plain ones.

    Control characters are refused: they have no place in a name and could become a header of a mail.
    """

    def __init__(self, label: str, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(label, [*validators, _single_and_plain], filters=[_with_plain_blanks], **kwargs)


def _with_plain_blanks(text: str | None) -> str:
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", text or "").strip())


def _single_and_plain(_form: Any, field: Field) -> None:
    if plain_line(field.data) != field.data:
        raise ValidationError("Please write this on one line, in plain characters.")


def holds_link(text: str) -> bool:
    """Whether something in it looks like what mail programs make a link of, a bare domain among it."""
    return _LINK.search(_TITLED.sub("", unicodedata.normalize("NFKC", text))) is not None


class NameField(LineField):
    """What people, or their department, are called. Mails call them so, to whoever gets them: no place for a link."""

    def __init__(self, label: str, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(label, [*validators, _no_link], **kwargs)


def _no_link(_form: Any, field: Field) -> None:
    if holds_link(field.data):
        raise ValidationError("Please leave web addresses out of this, and put a space after a period.")


def one_kind_of_line_break(text: str | None) -> str:
    """Browsers send two characters for each line break they counted as one."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def without_unseen(text: str | None) -> str:
    """What is written to somebody else says what it shows: nothing in it turns the text around it, or hides."""
    return re.sub("[\u2028\u2029]", "\n", UNSEEN.sub("", text or ""))


class PlainText:
    """Refuses characters that no keyboard makes, such as NUL, which no database column can hold."""

    def __call__(self, form: Any, field: Field) -> None:
        if not all(character.isprintable() or character in "\n\t" or character > "\x9f" for character in field.data):
            raise ValidationError("Please write this in plain characters.")


class NoPatientInformation:
    """Stops what looks like a record number or a date of birth, and says so without a reproach."""

    def __call__(self, form: Any, field: Field) -> None:
        if what := patient_information.found_in(field.data or ""):
            raise ValidationError(
                f"This looks as if it holds {what}. Please take out anything that could point to a patient; "
                "the situation is enough. What you wrote is still here."
            )


def free_text(label: str, most: int, *checked_first: Any) -> TextAreaField:
    too_long = f"That is a little long. Please keep it under {most:,} characters; what you wrote is still here."
    checks = [*checked_first, Length(max=most, message=too_long), PlainText(), NoPatientInformation()]
    return TextAreaField(label, checks, filters=[without_unseen, one_kind_of_line_break])


class Offered:
    """Refuses a choice that is not among those of its field, in words that say what to do."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        chosen = set(field.data) if isinstance(field.data, list) else {field.data}
        if not chosen <= {choice.value for choice in field.iter_choices()}:
            raise ValidationError(self.message)


class ZoneField(SelectField):
    """A time zone by its name of today; an older name, on record or reported by a browser, stands there as itself."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, choices=zone_choices, validate_choice=False, **kwargs)

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        if self.data in offered_zones() and not is_listed(self.data):
            self.choices = {"As it was": [(self.data, zone_label(self.data))], **zone_choices()}

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            raise ValidationError("Choose your time zone.")
        if self.data not in offered_zones():
            raise ValidationError("Choose one of the time zones in the list.")


class OurWords:
    """What WTForms says of itself, where it does not say what to do."""

    SAID = types.MappingProxyType(
        {
            "Not a valid choice.": "Choose one of those in the list.",
            "'%(value)s' is not a valid choice for this field.": "Choose from those in the list.",
            "'%(value)s' are not valid choices for this field.": "Choose from those in the list.",
        }
    )

    def gettext(self, words: str) -> str:
        return self.SAID.get(words, words)

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


class Form(FlaskForm):
    """A form whose every message says what to do."""

    class Meta:
        def get_translations(self, _form: Any) -> OurWords:
            return OurWords()


class PublicForm(Form):
    """A form on a page that anyone may hold a copy of: no token in it; web's cross-origin guard protects it."""

    class Meta:
        csrf = False

    website = StringField("Leave this empty", [Length(max=0)])

    def validate(self, extra_validators: Any = None) -> bool:
        """Also refuse a field that came twice: which of the two was meant, nobody can say."""
        valid: bool = super().validate(extra_validators)
        for field in self:
            if len(field.raw_data or ()) > 1 and not isinstance(field, SelectMultipleField):
                field.errors = [*field.errors, "This came more than once. Please fill it in once."]
                valid = False
        return valid

    @property
    def is_trapped(self) -> bool:
        """Whether the field no human sees was filled in: a robot's work, to be thanked and forgotten."""
        return bool(self.website.data)


class SignInForm(PublicForm):
    email = EmailField("E-mail", [InputRequired("Tell us your e-mail address."), Address(local=True)])
    next = HiddenField()


class CodeForm(FlaskForm):
    class Meta:
        csrf = False  # Nobody is signed in yet; web's cross-origin guard protects it.

    email = HiddenField(validators=[InputRequired(), Address(local=True)])
    code = StringField(
        "Code from the e-mail",
        [
            InputRequired("Type the six digits from the e-mail."),
            Regexp(r"\s*[0-9]{3}\s?[0-9]{3}\s*$", message="The code is six digits, as in the e-mail."),
        ],
    )

    @property
    def digits(self) -> str:
        return re.sub(r"\s", "", self.code.data or "")
