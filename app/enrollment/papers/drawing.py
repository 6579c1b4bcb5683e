"""From a paper to its PDF: the same bytes whenever it is drawn, but for a receipt's word on what became of it.

Import this where something is drawn, not at the top of a module: with what it imports it takes a third of a second.
"""

from app.enrollment.papers import certificate, letter, receipt
from app.enrollment.papers.letter_text import Words
from app.enrollment.papers.models import CERTIFICATE, Paper
from app.enrollment.papers.sheet import About, Sheet
from app.enrollment.papers.standing import since_issued


def draw(paper: Paper) -> bytes:
    """A receipt or a certificate."""
    is_certificate = paper.kind == CERTIFICATE
    title = "Certificate of completion" if is_certificate else "Receipt"
    sheet = Sheet(_about(paper, f"{title}: {paper.facts['course']}", is_certificate=is_certificate))
    (certificate if is_certificate else receipt).draw(
        sheet, paper.facts | {"number": paper.number, "since_issued": since_issued(paper)}
    )
    return sheet.bytes


def draw_letter(paper: Paper, words: Words) -> bytes:
    sheet = Sheet(_about(paper, f"Request to attend: {paper.facts['course']}", letterhead=False))
    letter.draw(sheet, paper.facts, words)
    return sheet.bytes


def _about(paper: Paper, title: str, *, is_certificate: bool = False, letterhead: bool = True) -> About:
    provider = paper.facts["provider"]
    return About(
        title=title,
        provider=provider["name"],
        drawn_at=paper.issued_at,
        foot=(
            f"{paper.number} · Check this document at {paper.check_url}",
            ", ".join(part for part in provider.values() if part),
        ),
        landscape=is_certificate,
        letterhead=letterhead and not is_certificate,
    )
