"""The receipt as a PDF, worded for CME and professional-development allowances."""

from typing import Any

from app.enrollment.papers.sheet import CLAY, SOFT, Sheet
from app.enrollment.papers.typefaces import SANS, SERIF
from app.enrollment.papers.wording import IN_FULL, amount, credit_of, hours_of, syllabus_of, written_day


def draw(sheet: Sheet, facts: dict[str, Any]) -> None:
    sheet.put("Receipt", SERIF, 26)
    sheet.put(f"{facts['number']}, issued {written_day(facts['issued_on'])}", SANS, 10.5, SOFT)
    _draw_ending(sheet, facts)
    sheet.heading("Who attends, and who paid")
    sheet.rows(_people(facts))
    sheet.heading("What it was for")
    sheet.rows(_course(facts))
    if facts["since_issued"]:
        sheet.notice("Since this receipt was issued", facts["since_issued"])
    sheet.heading("What was paid")
    sheet.amounts(_sums(facts), ("Amount paid", amount(facts, "paid_cents")))
    sheet.space(6)
    sheet.rows(_payment(facts))
    sheet.notice("About credit", credit_of(facts))
    sheet.own_up([facts["attendee"], *facts["payer"].values()], IN_FULL)


def _draw_ending(sheet: Sheet, facts: dict[str, Any]) -> None:
    """A receipt for a place that had ended when it was issued says so before anything else."""
    if not facts["ended_on"]:
        return
    back = f" {amount(facts, 'refunded_cents')} was paid back." if facts["refunded_cents"] else ""
    sheet.notice("This enrollment has ended", f"It ended on {written_day(facts['ended_on'])}.{back}", CLAY)


def _people(facts: dict[str, Any]) -> list[tuple[str, str]]:
    payer, seats = facts["payer"], facts["seats"]
    attendee = facts["attendee"] or f"{seats} attendees, whom the payer names"
    return [
        ("Attendee", attendee),
        ("Paid by", payer["organization"] or payer["name"]),
        ("", payer["name"] if payer["organization"] and payer["name"] != payer["organization"] else ""),
        ("Payer's address", payer["address"]),
        ("Payer's tax ID", payer["tax_ids"]),
        ("Provider", ", ".join(part for part in facts["provider"].values() if part)),
    ]


def _course(facts: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("Course", facts["course"]),
        ("Cohort", facts["cohort"]),
        ("Dates", facts["dates"]),
        ("Live sessions", facts["sessions"]),
        ("Hours", hours_of(facts)),
        ("Syllabus", syllabus_of(facts)),
        ("Seats", str(facts["seats"]) if facts["seats"] > 1 else ""),
    ]


def _sums(facts: dict[str, Any]) -> list[tuple[str, str]]:
    code = f" with code {facts['promotion_code']}" if facts["promotion_code"] else ""
    each = f" ({facts['seats']} seats)" if facts["seats"] > 1 else ""
    rows = [(f"Price{each}", amount(facts, "price_cents"))]
    if facts["discount_cents"]:
        rows.append((f"Discount{code}", f"-{amount(facts, 'discount_cents')}"))
    tax = "Tax, included in the price" if facts["tax_included"] else "Tax"
    rows.append((tax, amount(facts, "tax_cents")))
    return rows


def _payment(facts: dict[str, Any]) -> list[tuple[str, str]]:
    shared = facts["shared_by"]
    share = f"This is the share of one seat in an order of {shared} seats. The department paid the whole order."
    return [
        ("Paid on", written_day(facts["paid_on"])),
        ("Method", facts["method"]),
        ("Order", facts["order"]),
        ("Invoice", facts.get("invoice_number", "")),  # What was issued before that was kept has none.
        ("Share", share if shared else ""),
    ]
