"""Which currencies prices can be in, and how small: all are in hundredths, as Stripe counts most currencies."""

import re

# Stripe counts these in whole units, in thousandths, or in hundredths that have to be 00: https://docs.stripe.com/currencies.
WHOLE = re.compile("bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|vnd|vuv|xaf|xof|xpf|isk|ugx")
IN_THOUSANDTHS = re.compile("bhd|jod|kwd|omr|tnd")
# Stripe charges no less than 0.50 US dollars, or about as much: of a currency with small units it takes more of them.
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
LEAST_PRICE_CENTS = 50


def problem_of(currency: str) -> str:
    """Why nothing can be sold in `currency`, and what to write instead; empty if it can."""
    if not re.fullmatch("[a-z]{3}", currency):
        return "write three small letters, such as usd"
    if WHOLE.fullmatch(currency) or IN_THOUSANDTHS.fullmatch(currency):
        return "prices here are in hundredths, and this currency is not counted so: choose another, such as usd or eur"
    return ""
