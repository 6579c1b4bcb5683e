"""The calls of Stripe's API that are answered, each with the library's own description of its parameters."""

from collections.abc import Callable
from typing import NamedTuple

from stripe import params
from stripe.params import checkout

from app.stripe_sandbox import (
    balance,
    coupons,
    customers,
    disputes,
    events,
    intents,
    invoices,
    products,
    promotion_codes,
    refunds,
    sessions,
    webhook_endpoints,
)
from app.stripe_sandbox.store import Object


class Endpoint(NamedTuple):
    method: str
    rule: str
    shape: type
    handler: Callable[..., Object]


ENDPOINTS = (
    Endpoint("POST", "/v1/products", params.ProductCreateParams, products.create_product),
    Endpoint("GET", "/v1/products", params.ProductListParams, products.list_products),
    Endpoint("GET", "/v1/products/<id>", params.ProductRetrieveParams, products.retrieve_product),
    Endpoint("POST", "/v1/products/<id>", params.ProductUpdateParams, products.update_product),
    Endpoint("POST", "/v1/prices", params.PriceCreateParams, products.create_price),
    Endpoint("GET", "/v1/prices", params.PriceListParams, products.list_prices),
    Endpoint("GET", "/v1/prices/<id>", params.PriceRetrieveParams, products.retrieve_price),
    Endpoint("POST", "/v1/prices/<id>", params.PriceUpdateParams, products.update_price),
    Endpoint("POST", "/v1/customers", params.CustomerCreateParams, customers.create_customer),
    Endpoint("GET", "/v1/customers", params.CustomerListParams, customers.list_customers),
    Endpoint("GET", "/v1/customers/<id>", params.CustomerRetrieveParams, customers.retrieve_customer),
    Endpoint("POST", "/v1/coupons", params.CouponCreateParams, coupons.create_coupon),
    Endpoint("GET", "/v1/coupons", params.CouponListParams, coupons.list_coupons),
    Endpoint("GET", "/v1/coupons/<id>", params.CouponRetrieveParams, coupons.retrieve_coupon),
    Endpoint("POST", "/v1/coupons/<id>", params.CouponUpdateParams, coupons.update_coupon),
    Endpoint("DELETE", "/v1/coupons/<id>", params.CouponDeleteParams, coupons.delete_coupon),
    Endpoint("POST", "/v1/promotion_codes", params.PromotionCodeCreateParams, promotion_codes.create_promotion_code),
    Endpoint("GET", "/v1/promotion_codes", params.PromotionCodeListParams, promotion_codes.list_promotion_codes),
    Endpoint(
        "GET", "/v1/promotion_codes/<id>", params.PromotionCodeRetrieveParams, promotion_codes.retrieve_promotion_code
    ),
    Endpoint(
        "POST", "/v1/promotion_codes/<id>", params.PromotionCodeUpdateParams, promotion_codes.update_promotion_code
    ),
    Endpoint("POST", "/v1/checkout/sessions", checkout.SessionCreateParams, sessions.create_session),
    Endpoint("GET", "/v1/checkout/sessions", checkout.SessionListParams, sessions.list_sessions),
    Endpoint("GET", "/v1/checkout/sessions/<id>", checkout.SessionRetrieveParams, sessions.retrieve_session),
    Endpoint(
        "GET", "/v1/checkout/sessions/<id>/line_items", checkout.SessionListLineItemsParams, sessions.list_line_items
    ),
    Endpoint("POST", "/v1/checkout/sessions/<id>/expire", checkout.SessionExpireParams, sessions.expire_session),
    Endpoint("GET", "/v1/payment_intents", params.PaymentIntentListParams, intents.list_intents),
    Endpoint("GET", "/v1/payment_intents/<id>", params.PaymentIntentRetrieveParams, intents.retrieve_intent),
    Endpoint("GET", "/v1/charges", params.ChargeListParams, intents.list_charges),
    Endpoint("GET", "/v1/charges/<id>", params.ChargeRetrieveParams, intents.retrieve_charge),
    Endpoint("GET", "/v1/charges/<id>/refunds", params.ChargeListRefundsParams, intents.list_charge_refunds),
    Endpoint("POST", "/v1/refunds", params.RefundCreateParams, refunds.create_refund),
    Endpoint("GET", "/v1/refunds", params.RefundListParams, refunds.list_refunds),
    Endpoint("GET", "/v1/refunds/<id>", params.RefundRetrieveParams, refunds.retrieve_refund),
    Endpoint("POST", "/v1/refunds/<id>", params.RefundUpdateParams, refunds.update_refund),
    Endpoint("GET", "/v1/disputes", params.DisputeListParams, disputes.list_disputes),
    Endpoint("GET", "/v1/disputes/<id>", params.DisputeRetrieveParams, disputes.retrieve_dispute),
    Endpoint("POST", "/v1/disputes/<id>", params.DisputeUpdateParams, disputes.update_dispute),
    Endpoint("POST", "/v1/disputes/<id>/close", params.DisputeCloseParams, disputes.close_dispute),
    Endpoint("GET", "/v1/balance_transactions", params.BalanceTransactionListParams, balance.list_transactions),
    Endpoint(
        "GET", "/v1/balance_transactions/<id>", params.BalanceTransactionRetrieveParams, balance.retrieve_transaction
    ),
    Endpoint("GET", "/v1/invoices", params.InvoiceListParams, invoices.list_invoices),
    Endpoint("GET", "/v1/invoices/<id>", params.InvoiceRetrieveParams, invoices.retrieve_invoice),
    Endpoint("GET", "/v1/invoices/<id>/lines", params.InvoiceListLinesParams, invoices.list_invoice_lines),
    Endpoint("GET", "/v1/events", params.EventListParams, events.list_events),
    Endpoint("GET", "/v1/events/<id>", params.EventRetrieveParams, events.retrieve_event),
    Endpoint("POST", "/v1/webhook_endpoints", params.WebhookEndpointCreateParams, webhook_endpoints.create_endpoint),
    Endpoint("GET", "/v1/webhook_endpoints", params.WebhookEndpointListParams, webhook_endpoints.list_endpoints),
    Endpoint(
        "GET", "/v1/webhook_endpoints/<id>", params.WebhookEndpointRetrieveParams, webhook_endpoints.retrieve_endpoint
    ),
    Endpoint(
        "DELETE", "/v1/webhook_endpoints/<id>", params.WebhookEndpointDeleteParams, webhook_endpoints.delete_endpoint
    ),
)
