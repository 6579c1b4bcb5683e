"""What may be typed into a line: names in every script, and nothing that hides or turns what stands around it."""

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import DataRequired

from app.people.forms import LineField


class Typed(Form):
    name = LineField("Name", [DataRequired("Tell us your name.")])


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("山田\u3000太郎", "山田 太郎"),
        ("\u00a0Ada\u00a0\t Lovelace\u202f", "Ada Lovelace"),
        ("Ha\u0302n Nguye\u0302\u0303n", "H\u00e2n Nguy\u1ec5n"),
        ("علی\u200cمحمد", "علی\u200cمحمد"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("Ada \U0001f469\u200d\u2695\ufe0f", "Ada \U0001f469\u200d\u2695\ufe0f"),
    ],
)
def test_a_name_in_any_script_is_taken_as_it_is_written(typed, kept):
    form = Typed(MultiDict({"name": typed}))
    assert form.validate(), form.errors
    assert form.name.data == kept


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("\u3000 \u00a0", "Tell us your name."),
        ("\u200d", "plain characters"),
        ("Ada \u200c", "plain characters"),
        ("A\u200c\u200db", "plain characters"),
        ("Ada\r\nBcc: eve@example.org", "on one line"),
        ("Ada\u2028Lovelace", "on one line"),
        ("Ada\x07", "plain characters"),
        ("Ada \u202egnp.exe", "plain characters"),
        ("Ada\u200b\u00ad", "plain characters"),
    ],
)
def test_what_hides_or_turns_something_is_refused(typed, says):
    form = Typed(MultiDict({"name": typed}))
    assert not form.validate()
    assert says in form.name.errors[0]
