from flask import Blueprint

from app.coaching.fields import slot_value
from app.extensions import limiter
from app.limits import network
from app.local_times import in_words, zone_in_words

bp = Blueprint("coaching", __name__, url_prefix="/coaching")
bp.add_app_template_global(in_words, "moment_in_words")
bp.add_app_template_global(zone_in_words)
bp.add_app_template_filter(slot_value)

# A hospital's thousand doctors come through one network and one domain. How often an address is written to is counted
# with its requests and in link_mailings.py; a narrow limit on it here would let a stranger shut its owner out.
LIMITS = {"address": "300/hour", "network_": "100/hour", "domain": "300/hour", "in_all": "1000/hour"}

# Each of these takes or holds up to three times: without an end, one machine with made-up addresses has them all. One
# limit for every way to ask; a slip in the form, or a time that is gone, takes nothing and does not count.
asking_limit = limiter.shared_limit(
    "20/hour",
    scope="consultation-asking:network",
    key_func=network,
    methods=["POST"],
    deduct_when=lambda response: response.status_code == 303,
)
