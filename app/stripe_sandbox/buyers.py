"""Who pays, as the payment page learns it, and what the session keeps of it."""

import re
from dataclasses import dataclass

from app.stripe_sandbox.errors import StripeError
from app.stripe_sandbox.session_rules import EMAIL
from app.stripe_sandbox.store import Object

ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
TEST_ADDRESS = dict(zip(ADDRESS, ("1 Test Street", None, "New York", "NY", "10001", "US"), strict=True))
# A few of the kinds that https://docs.stripe.com/billing/customer/tax-ids lists; a new one is a matter of adding it.
TAX_IDS = {
    "us_ein": ("US EIN", r"\d{2}-\d{7}"),
    "au_abn": ("Australian ABN", r"\d{11}"),
    "ca_bn": ("Canadian BN", r"\d{9}"),
    "ch_vat": ("Swiss VAT", r"CHE-\d{3}\.\d{3}\.\d{3} (MWST|TVA|IVA)"),
    "eu_vat": ("EU VAT", r"[A-Z]{2}[0-9A-Z]{2,12}"),
    "gb_vat": ("British VAT", r"GB\d{9}(\d{3})?"),
}


@dataclass(frozen=True)
class Buyer:
    """What the buyer typed; the answers to consent are None where nothing was asked.

    `address` holds the names of ADDRESS, `tax_id` a type of TAX_IDS and a value.
    """

    email: str
    name: str | None = None
    phone: str | None = None
    promotions: bool = False
    terms: bool = False
    address: dict[str, str | None] | None = None
    business_name: str | None = None
    tax_id: dict[str, str] | None = None

    @property
    def billing(self) -> Object:
        """As a charge shows it."""
        address = {name: (self.address or {}).get(name) for name in ADDRESS} if self.address else None
        return {"address": address, "email": self.email, "name": self.name, "phone": self.phone, "tax_id": None}


def wants_address(session: Object) -> bool:
    return bool(session["automatic_tax"]["enabled"]) or session["billing_address_collection"] == "required"


def wants_business_name(session: Object) -> bool:
    asked = (session["name_collection"] or {}).get("business") or {}
    return bool(session["tax_id_collection"]["enabled"] or asked.get("enabled"))


def check_buyer(session: Object, buyer: Buyer) -> None:
    """Raises StripeError, in words for the buyer."""
    if not EMAIL.fullmatch(buyer.email):
        raise StripeError("Your email is incomplete.", code="email_invalid", param="email")
    if wants_address(session):
        _check_address(session, buyer.address or {})
    _check_tax_id(session, buyer)
    consent = session["consent_collection"] or {}
    if consent.get("terms_of_service") == "required" and not buyer.terms:
        raise StripeError("Please accept the terms of service to continue.", param="terms")


def _check_address(session: Object, address: dict[str, str | None]) -> None:
    if not re.fullmatch("[A-Z]{2}", address.get("country") or ""):
        raise StripeError("Your country is given by two capital letters, such as US.", param="country")
    needed = ["line1", "city"] if session["billing_address_collection"] == "required" else []
    needed += ["postal_code"] if address["country"] == "US" else []
    if any(not address.get(name) for name in needed):
        raise StripeError("Your billing address is incomplete.", param="address")


def _check_tax_id(session: Object, buyer: Buyer) -> None:
    collected = session["tax_id_collection"]
    if not buyer.tax_id:
        if collected["enabled"] and collected["required"] == "if_supported":
            raise StripeError("Your tax ID is incomplete.", code="tax_id_invalid", param="tax_id")
        return
    if not collected["enabled"]:
        raise StripeError("This checkout asks for no tax ID.", param="tax_id")
    if not buyer.business_name:
        raise StripeError("Your business name is incomplete.", param="business_name")
    _, pattern = TAX_IDS.get(buyer.tax_id.get("type", ""), ("", "(?!)"))
    if not re.fullmatch(pattern, buyer.tax_id.get("value", "")):
        raise StripeError("Your tax ID is invalid.", code="tax_id_invalid", param="tax_id")


def customer_details(session: Object, buyer: Buyer) -> Object:
    kept = wants_business_name(session) and buyer.business_name
    return {
        "address": buyer.billing["address"] if wants_address(session) else None,
        "business_name": kept or None,
        "email": buyer.email,
        "individual_name": None,
        "name": buyer.name or kept or None,
        "phone": buyer.phone,
        "tax_exempt": "none",
        "tax_ids": [dict(buyer.tax_id)] if buyer.tax_id else [],
    }


def consent_of(session: Object, buyer: Buyer) -> Object | None:
    if not (asked := session["consent_collection"]):
        return None
    return {
        "promotions": ("opt_in" if buyer.promotions else "opt_out") if asked["promotions"] == "auto" else None,
        "terms_of_service": "accepted" if asked["terms_of_service"] == "required" else None,
    }
