"""What people are told of the money, on the page before they pay and in every mail about it."""

NOT_CHARGED = (
    "Our payment partner does not answer just now. Nothing was charged, and this time has not been taken. "
    "Please try again in a minute; all you wrote is here."
)
UNKNOWN_ADDRESS = "Our payment partner cannot write to this address. Please check it, or use another."
BACK = "Your bank shows it within five to ten days."


def payment_terms() -> str:
    return (
        "If you cancel any time before it starts, you get all of it back; so you do if your coach cancels. "
        "Moving it to another time costs nothing."
    )
