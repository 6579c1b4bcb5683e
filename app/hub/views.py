from flask import Blueprint

bp = Blueprint("hub", __name__)
