"""Whose file a CSV is, told by its header; which of its columns mean what; and how it says who left.

The header rows are those that Mailchimp, Kit, Substack, Ghost, Buttondown and listmonk write, as of 2026: Ghost's and
listmonk's from their code, Mailchimp's from files in https://github.com/TryGhost/migrate and Substack's from those and
https://github.com/buttondown/roadmap/issues/2282. Kit's and Buttondown's go by what others say of their files, and by
the names that their API and pages have for the same; so several names are known of each column.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Standing(Enum):
    """How somebody stands with the list in the file. Only the first two are subscribed here."""

    SUBSCRIBED = "subscribed"
    PAUSED = "paused"
    UNCONFIRMED = "unconfirmed"
    LEFT = "left"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    BLOCKED = "blocked"


_WORDS: dict[Standing, str] = {
    Standing.SUBSCRIBED: "subscribed active confirmed enabled regular premium paid free gifted comped trialed cold",
    Standing.PAUSED: "paused",
    Standing.UNCONFIRMED: "unconfirmed inactive pending waiting unactivated nonsubscribed non-subscribed transactional",
    Standing.LEFT: "unsubscribed cancelled canceled left removed disabled deleted archived opted-out",
    Standing.BOUNCED: "bounced cleaned undeliverable malformed invalid hard-bounce soft-bounces",
    Standing.COMPLAINED: "complained complaint spam reported",
    Standing.BLOCKED: "blocked blocklisted blacklisted suppressed owner erased",
}
STANDINGS = {word: standing for standing, words in _WORDS.items() for word in words.split()}
KEEP_OUT = frozenset({Standing.LEFT, Standing.BOUNCED, Standing.COMPLAINED, Standing.BLOCKED})
TRUE, FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0", ""})

# What can be taken from a file, and the columns it is looked for in when the owner has not said where it stands.
FIELDS = {
    "email": "E-mail",
    "name": "Name",
    "first_name": "First name",
    "last_name": "Last name",
    "status": "Status",
    "subscribed": "Subscribed or opted in: yes or no",
    "confirmed": "Confirmed: yes or no",
    "confirmed_at": "Confirmed on",
    "signed_up_at": "Signed up on",
    "left_at": "Unsubscribed: since when, or yes",
    "bounced": "Bounced: since when, or yes",
    "complained": "Complained: since when, or yes",
    "blocked": "Do not e-mail: yes or no",
    "topics": "Topics",
    "tags": "Tags",
    "career_stage": "Career stage",
    "paused_until": "Paused until",
    "quiet_hours": "Quiet hours",
    "source": "Source",
    "details": "Details, as JSON",
    "suppressed": "Why suppressed",
}
GUESSES = {
    "email": "email emailaddress mail subscriberemail",
    "name": "name fullname displayname",
    "first_name": "firstname fname givenname first",
    "last_name": "lastname lname surname familyname last",
    "status": "status state subscriptionstatus subscribertype type",
    "subscribed": "subscribed issubscribed optin optedin emailoptin emailoptedin acceptsmarketing "
    "acceptsemailmarketing marketingconsent emailconsent",
    "confirmed": "confirmed isconfirmed emailconfirmed verified isverified emailverified doubleoptin",
    "confirmed_at": "confirmedat confirmedon confirmtime confirmationdate confirmationtime dateconfirmed",
    "signed_up_at": "optintime subscribedat signupdate dateadded subscriptiondate creationdate createdat created "
    "requestedat requested startdate",
    "left_at": "left leftat lefton unsubtime unsubscribedat unsubscribedon unsubscriptiondate unsubscribedate "
    "unsubscribeddate unsubscribetime unsubscribeat dateunsubscribed optoutat optedoutat optoutdate optedoutdate "
    "optedouton optouttime unsubscribed isunsubscribed unsubscribe optedout isoptedout optout hasoptedout emailoptout "
    "emailoptedout hasoptedoutofemail optedoutofemail unsubscribedfromallemail unsubscribedfromemails",
    "bounced": "bounced bouncedat bouncedon bouncedate isbounced hasbounced emailbounced hardbounced hardbounce "
    "undeliverable isundeliverable",
    "complained": "complained complainedat complainedon complaint complaintdate spamcomplaint markedasspam "
    "reportedspam reportedasspam spam",
    "blocked": "blocked blockedat isblocked blocklisted blacklisted donotemail donotmail donotcontact donotsend "
    "dontemail nomail noemail",
    "topics": "topics topic",
    "tags": "tags tag labels",
    "career_stage": "careerstage stage",
    "paused_until": "pauseduntil",
    "quiet_hours": "quiethours",
    "source": "source referrerurl signupsource subscriptionsourcefree",
    "details": "attributes metadata",
    "suppressed": "suppressed suppressionreason",
}


@dataclass(frozen=True)
class System:
    """`marks` are columns that together only its files have; `signs` are columns that tell who is not subscribed.

    `words` are what its status says and STANDINGS does not know, or has otherwise; "" stands for any word.
    """

    label: str
    marks: str = ""
    signs: Mapping[str, tuple[str, Standing]] = field(default_factory=dict)
    words: Mapping[str, Standing] = field(default_factory=dict)
    has_status: bool = True

    def wrote(self, columns: set[str]) -> bool:
        """Whether a file with these columns is one of its."""
        return all(columns & set(mark.split("/")) for mark in self.marks.split())

    def standing(self, word: str) -> Standing | None:
        """What a word of its status column means; None when nobody knows."""
        return self.words.get(word) or STANDINGS.get(word) or self.words.get("")


OUR_OWN, OTHER = "ours", "other"
# Looked at in this order. A sign is a column (a name without blanks or underscores) and when it tells: "always" from
# being there, else by what its cell holds.
SYSTEMS = {
    OUR_OWN: System("this site's own export", "email status careerstage suppressed"),
    "mailchimp": System(
        "Mailchimp",
        "memberrating optintime",
        # Who left, and whose mail bounced, come in files of their own, which have these columns.
        {"unsubtime": ("always", Standing.LEFT), "cleantime": ("always", Standing.BOUNCED)},
        # A column "State" is of the postal address.
        has_status=False,
    ),
    "substack": System(
        "Substack",
        # The file of everybody says whose mail is off. The table of subscribers has only those whose mail is on, and as
        # few of its columns as were chosen.
        "email emaildisabled/activesubscription/stripeplan/subscriptionsourcefree",
        {"emaildisabled": ("true", Standing.LEFT)},
        # Its "Type" says what somebody pays: free, paid, comp, gift, founding, author, and what they think of next. Who
        # stops paying, on the "Cancel date", goes on as a free subscriber (https://support.substack.com, article
        # 6652618789396).
        {"": Standing.SUBSCRIBED},
    ),
    "ghost": System(
        "Ghost",
        "email subscribedtoemails",
        {"subscribedtoemails": ("not true", Standing.LEFT), "deletedat": ("filled", Standing.LEFT)},
    ),
    "listmonk": System("listmonk", "uuid email attributes status"),
    "buttondown": System(
        "Buttondown",
        "creationdate/subscriptiondate metadata/undeliverabilitydate",
        {
            "unsubscriptiondate": ("filled", Standing.LEFT),
            "undeliverabilitydate": ("filled", Standing.BOUNCED),
        },
        # https://docs.buttondown.com/api-subscribers-type: most types tell of paying only. Of "churned" the page does
        # not say whether they are still written to, so that is for the owner to look at.
        dict.fromkeys(("paused", "past-due", "churning", "unpaid"), Standing.SUBSCRIBED) | {"spammy": Standing.BLOCKED},
    ),
    "kit": System("Kit (ConvertKit)", "email/emailaddress firstname state/status createdat"),
    OTHER: System("another system"),
}


def plain(column: str) -> str:
    """A column's name as it is compared: "Email Address" and "email_address" are the same."""
    return re.sub(r"[^a-z0-9]", "", column.lower())


def recognize(header: Sequence[str]) -> str:
    """The key of the system whose header this is."""
    columns = {plain(column) for column in header}
    return next(key for key, system in SYSTEMS.items() if system.wrote(columns))


def guess_columns(header: Sequence[str]) -> dict[str, int]:
    """Which column, by number, holds which of FIELDS, as far as the names tell."""
    places: dict[str, int] = {}
    for place, column in enumerate(header):
        places.setdefault(plain(column), place)
    has_status = SYSTEMS[recognize(header)].has_status
    found = {}
    for wanted, names in GUESSES.items():
        if wanted == "status" and not has_status:
            continue
        if name := next((name for name in names.split() if name in places), None):
            found[wanted] = places[name]
    return found
