"""Stripe's own test numbers: https://docs.stripe.com/testing, https://docs.stripe.com/payments/ach-direct-debit."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decline:
    """`code` and `decline_code` of the error, and what the buyer reads."""

    code: str
    decline_code: str | None
    message: str


@dataclass(frozen=True)
class Card:
    number: str
    brand: str = "visa"
    decline: Decline | None = None
    asks_for_3ds: bool = False
    dispute: tuple[str, bool] | None = None  # The reason, and whether it is only an inquiry.


@dataclass(frozen=True)
class BankAccount:
    number: str
    failure_code: str | None = None


DISPUTED, INQUIRED = "4000000000000259", "4000000000001976"
GOOD, DECLINED, THREE_D_SECURE = "4242424242424242", "4000000000000002", "4000002500003155"
GOOD_ACCOUNT, CLOSED_ACCOUNT = "000123456789", "000111111113"
ROUTING_NUMBER = "110000000"

REFUSED_3DS = Decline(
    "payment_intent_authentication_failure",
    None,
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)
UNKNOWN_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card. "
    "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
)
WRONG_NUMBER = Decline("incorrect_number", None, "Your card number is incorrect.")
GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
NO_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
EXPIRED = Decline("expired_card", None, "Your card has expired.")
WRONG_CVC = Decline("incorrect_cvc", None, "Your card's security code is incorrect.")

CARDS = {
    card.number: card
    for card in (
        Card(GOOD),
        Card("5555555555554444", "mastercard"),
        Card("378282246310005", "amex"),
        Card(DECLINED, decline=GENERIC),
        Card("4000000000009995", decline=NO_FUNDS),
        Card("4000000000000069", decline=EXPIRED),
        Card("4000000000000127", decline=WRONG_CVC),
        Card(THREE_D_SECURE, asks_for_3ds=True),
        Card("4000000000003220", asks_for_3ds=True),
        Card(DISPUTED, dispute=("fraudulent", False)),
        Card("4000000000002685", dispute=("product_not_received", False)),
        Card(INQUIRED, dispute=("fraudulent", True)),
    )
}
ACCOUNTS = {
    account.number: account
    for account in (
        BankAccount(GOOD_ACCOUNT),
        BankAccount(CLOSED_ACCOUNT, "account_closed"),
        BankAccount("000111111116", "no_account"),
        BankAccount("000222222227", "insufficient_funds"),
    )
}


def card(number: str) -> Card:
    """The test card of that number; any other is declined as Stripe declines it."""
    digits = "".join(number.split()).replace("-", "")
    if known := CARDS.get(digits):
        return known
    return Card(digits, decline=UNKNOWN_CARD if _passes_luhn(digits) else WRONG_NUMBER)


def bank_account(number: str) -> BankAccount | None:
    return ACCOUNTS.get("".join(number.split()))


def _passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    if not digits.isdecimal() or not 12 <= len(digits) <= 19:
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
