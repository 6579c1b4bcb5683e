"""What people are told where they give us something: shown on the page, kept word for word in the consent ledger."""

ARRANGING = (
    "We use this to arrange your consultation, and may send an e-mail or two to help you prepare. "
    "We show it to your coach and to nobody else."
)
