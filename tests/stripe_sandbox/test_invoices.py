"""The invoice of a paid checkout."""

import pytest
import requests
import stripe

from app.stripe_sandbox.cards import CLOSED_ACCOUNT
from app.stripe_sandbox.pdf import page_of

DATA = {
    "description": "A six-week course",
    "footer": "Thank you (truly)",
    "custom_fields": [{"name": "Order", "value": "1"}],
    "metadata": {"order": "1"},
}
WANTED = {"invoice_creation": {"enabled": True, "invoice_data": DATA}}


def test_a_paid_checkout_gets_its_invoice(client, checkout, server, receiver):
    server.set_tax(percent=10)
    server.make_code("TENTH", percent_off=10)
    asked = {"allow_promotion_codes": True, "automatic_tax": {"enabled": True}, "tax_id_collection": {"enabled": True}}
    session = checkout(**WANTED, **asked)
    assert session.invoice is None
    assert session.invoice_creation.invoice_data.description == "A six-week course"
    business = {"business_name": "General Hospital", "tax_id": {"type": "us_ein", "value": "12-3456789"}}
    paid = server.pay(session.id, code="TENTH", name="Ada", **business)
    invoice = client.v1.invoices.retrieve(paid["invoice"])
    assert (invoice.status, invoice.amount_paid, invoice.amount_remaining) == ("paid", 49_401, 0)
    assert (invoice.subtotal, invoice.total_excluding_tax, invoice.total) == (49_900, 44_910, 49_401)
    assert (invoice.total_discount_amounts[0].amount, invoice.total_taxes[0].amount) == (4_990, 4_491)
    assert (invoice.customer, invoice.customer_name) == (paid["customer"], "General Hospital")
    assert (invoice.customer_tax_ids[0].value, invoice.metadata.order) == ("12-3456789", "1")
    [line] = invoice.lines.data
    assert (line.description, line.amount, line.discount_amounts[0].amount) == (
        *("Leading without a title", 49_900),
        4_990,
    )
    told = receiver.wait_for("invoice.paid")[0].data.object
    assert (told.id, told.number) == (invoice.id, invoice.number)
    assert receiver.wait_for("checkout.session.completed")[0].data.object.invoice == invoice.id
    assert {"invoice.created", "invoice.finalized", "invoice.payment_succeeded"} < set(receiver.types)
    assert client.v1.invoices.list({"customer": paid["customer"], "status": "paid"}).data[0].id == invoice.id


def test_numbers_count_up_for_each_customer(client, checkout, server):
    customer = client.v1.customers.create({"email": "grace@example.org"})
    numbers = []
    for _ in range(2):
        paid = server.pay(checkout(customer=customer.id, customer_email=None, **WANTED).id)
        numbers.append(client.v1.invoices.retrieve(paid["invoice"]).number)
    assert numbers == [f"{customer.invoice_prefix}-0001", f"{customer.invoice_prefix}-0002"]


def test_a_debit_is_invoiced_when_it_has_settled(client, checkout, server, receiver):
    session, bounced = checkout(**WANTED), checkout(**WANTED)
    server.pay_by_debit(bounced.id, CLOSED_ACCOUNT)
    assert server.pay_by_debit(session.id)["invoice"] is None
    server.settle(session.id)
    receiver.wait_for("invoice.paid")
    receiver.wait_for("checkout.session.async_payment_failed")
    assert client.v1.checkout.sessions.retrieve(session.id, {"expand": ["invoice"]}).invoice.total == 49_900
    assert client.v1.checkout.sessions.retrieve(bounced.id).invoice is None


def test_nothing_asked_or_nothing_paid_is_no_invoice(client, checkout, server):
    server.make_code("FREE", percent_off=100)
    server.pay(checkout().id)
    server.pay(checkout(allow_promotion_codes=True, **WANTED).id, code="FREE")
    assert client.v1.invoices.list().data == []


def test_the_invoice_is_shown_and_downloaded(client, checkout, server):
    invoice = client.v1.invoices.retrieve(server.pay(checkout(**WANTED).id)["invoice"])
    page = requests.get(invoice.hosted_invoice_url, timeout=5).text
    for words in (invoice.number, "$499.00", "Leading without a title", "ada@example.org", "A six-week course"):
        assert words in page
    paper = requests.get(invoice.invoice_pdf, timeout=5)
    assert paper.headers["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-1.4")
    assert b"Thank you \\(truly\\)" in paper.content
    assert requests.get(f"{server.base_url}/invoices/test_none", timeout=5).status_code == 404


def test_the_table_of_a_pdf_points_at_its_objects():
    paper = page_of(["Café"])
    start = int(paper.rpartition(b"startxref\n")[2].split()[0])
    places = [int(row[:10]) for row in paper[start:].splitlines()[3:8]]
    assert [paper[place:].split()[0] for place in places] == [b"1", b"2", b"3", b"4", b"5"]


@pytest.mark.parametrize(
    ("data", "param"),
    [
        ({"notes": "x"}, "invoice_creation[invoice_data][notes]"),
        ({"custom_fields": [{"name": "Order"}]}, "invoice_creation[invoice_data][custom_fields][0][value]"),
        (
            {"custom_fields": [{"name": "n" * 41, "value": "1"}]},
            "invoice_creation[invoice_data][custom_fields][0][name]",
        ),
        ({"custom_fields": [{"name": "n", "value": "1"}] * 5}, "invoice_creation[invoice_data][custom_fields]"),
        ({"metadata": {"k": "v" * 501}}, "invoice_creation[invoice_data][metadata][k]"),
    ],
)
def test_a_wrong_invoice_is_refused(checkout, data, param):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        checkout(invoice_creation={"enabled": True, "invoice_data": data})
    assert refusal.value.param == param
