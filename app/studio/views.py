from flask import Blueprint

bp = Blueprint("studio", __name__, url_prefix="/studio")
