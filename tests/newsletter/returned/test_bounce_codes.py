import pytest

from app.newsletter.returned.bounce_codes import classify

HARD = [
    "550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
    "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking",
    "5.1.2 no such domain", "501 5.1.3 Bad recipient address syntax", "551 5.1.6 moved away, no forwarding",
    "556 5.1.10 the domain takes no mail", "550 5.2.1 The email account that you tried to reach is disabled.",
    "Remote host said: 550 #5.1.1 unknown", "550 5.1.1 <policy@spam.example.org>: User unknown",
]  # fmt: skip
HARD_AT_RECIPIENT = [
    "550 No such user here", "551 User not local", "553 sorry, no mailbox here by that name", "550",
    "550 5.0.0 No such user", "550 5.5.0 Requested action not taken: mailbox unavailable", "550 5.1.0 Address rejected",
]  # fmt: skip
SOFT = [
    "452 4.2.2 The email account that you tried to reach is over quota", "552 5.2.2 Mailbox full",
    "552 Requested mail action aborted: exceeded storage allocation", "450 4.2.1 try later", "451 local error",
    "421 service not available", "4.4.7 delivery time expired", "4.4.1 connection timed out", "452 4.3.1 disk full",
    "5.4.4 unable to route", "5.2.0", "4.0.0", "5.0.0",
    "550-5.2.1 The user you are trying to contact is receiving mail at a rate that 550-5.2.1 prevents additional "
    "messages from being delivered.", "550 5.2.1 The user you are trying to contact is receiving mail too quickly.",
]  # fmt: skip
NOTHING = [
    "550 5.7.1 Message rejected as spam", "554 5.7.1 Service unavailable; Client host blocked using a list",
    "421 4.7.0 [TSS04] Messages temporarily deferred due to user complaints", "550 5.7.26 unauthenticated sender",
    "552 5.3.4 Message size exceeds fixed limit", "550 5.1.8 sender's domain does not exist", "501 5.5.4 bad argument",
    "554 5.6.0 message content rejected", "550 blocked by our DNSBL", "550 Message rejected due to local policy",
    "550 5.7.0 no reason given", "550 relay access denied", "554 transaction failed", "250 2.1.5 fine", "", "no code",
    "550 5.1.1 Mailbox temporarily blocked by policy", "550 5.2.1 Refused, you are on a blacklist",
    "see http://192.0.2.5.1.1/ or call 555-1234", "5.1.1.1",
]  # fmt: skip


@pytest.mark.parametrize("answer", HARD)
def test_an_address_that_is_no_good(answer):
    assert (classify(answer, True), classify(answer, False)) == ("hard", "hard")


@pytest.mark.parametrize("answer", HARD_AT_RECIPIENT)
def test_a_bare_code_speaks_of_the_address_only_in_answer_to_it(answer):
    assert classify(answer, at_recipient=True) == "hard"
    assert classify(answer, at_recipient=False) != "hard"


@pytest.mark.parametrize("answer", ["550 no thanks", "553 not today", "550 <unknown@example.org>: go away"])
def test_a_bare_code_with_other_words_gives_nobody_up(answer):
    assert classify(answer, at_recipient=True) == "soft"


@pytest.mark.parametrize("answer", SOFT)
def test_an_address_that_is_out_of_order_for_now(answer):
    assert (classify(answer, True), classify(answer, False)) == ("soft", "soft")


@pytest.mark.parametrize("answer", NOTHING)
def test_what_is_not_the_fault_of_the_address(answer):
    assert (classify(answer, True), classify(answer, False)) == ("", "")
