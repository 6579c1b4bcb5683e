import re

from app.outbox import Email


def private_link(email: Email) -> str:
    """The path of the first private link in a mail, which its text and its HTML agree on."""
    found = re.search(r"http://localhost:8000(/coaching/consultations/\S+)", email.body)
    assert found, email.body
    assert f'href="http://localhost:8000{found[1]}"' in email.html
    return found[1]
