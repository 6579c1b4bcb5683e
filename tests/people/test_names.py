"""Names stand in mails to other people: what mail programs make a link of is none, and a name with dots is one."""

import pytest

from app.people.forms import holds_link
from app.people.models import first_name_of


@pytest.mark.parametrize(
    "typed",
    [
        "See http://x",
        "WWW.EVIL.EXAMPLE",
        "evil.EXAMPLE/x",
        "evil.example",
        "Claim your prize at evil-site.com",
        "evil.com?x=1",
        "evil.com:80/",
        "https:evil.com",
        "Ward Nine, Evil.Com.",
        "EVIL.ORG",
        "Prize at EVIL.IO",
        "evil\uff0ecom",
        "x.com",
        "t.co",
        "Evil.Co",
        "Evil.Love",
        "Go.Li",
        "ärzte.example",
        "call@evil.example",
        "пример.рф",
    ],
)
def test_a_name_with_an_address_of_the_web_in_it_holds_a_link(typed):
    assert holds_link(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "Ann Lee, Ph.D.",
        "Ann Lee, M.d., F.A.C.P.",
        "St. Mary's",
        "St.John",
        "J.r. Smith",
        "J.Netter",
        "Prof.Dr. Hans Müller",
        "Mrs.Lee",
        "Dr.Li Wei",
        "J.Li",
        "J.R. Smith",
        "j.r.smith",
        "Ana M.Silva",
        "Ma.Theresa",
        "Ward 3.b",
        "U.S. Navy Dept. of Medicine",
        "D.O./M.P.H.",
        "Com, Net and Org.",
    ],
)
def test_a_name_with_dots_in_it_holds_none(typed):
    assert not holds_link(typed)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Dr. Ada Lovelace", "Ada"),
        ("Đặng Thị Ngọc Hân", "Đặng"),
        ("山田 太郎", "山田 太郎"),
        ("Dr. すずき 一郎", "すずき 一郎"),
        ("김 민준", "김 민준"),
        ("Dr.", ""),
        ("J.R. Smith", "J.R."),
    ],
)
def test_who_writes_the_family_name_first_is_greeted_by_the_whole_name(name, called):
    assert first_name_of(name) == called


@pytest.mark.parametrize("name", ["T.Co", "Evil.Co Inc", "Dr. evil\uff0eco", "J.Li", "St.John Rivers"])
def test_nobody_is_greeted_by_what_mail_programs_may_make_a_link_of(name):
    assert first_name_of(name) == ""
