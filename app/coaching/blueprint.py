from flask import Blueprint

from app.coaching.forms import slot_value
from app.local_times import in_words, zone_in_words

bp = Blueprint("coaching", __name__, url_prefix="/coaching")
bp.add_app_template_global(in_words, "moment_in_words")
bp.add_app_template_global(zone_in_words)
bp.add_app_template_filter(slot_value)

# A hospital's thousand doctors come through one network and one domain. How often an address is written to is counted
# with its requests and in lost_links.py; a narrow limit on it here would let a stranger shut its owner out.
LIMITS = {"address": "300/hour", "network_": "100/hour", "domain": "300/hour", "in_all": "1000/hour"}
