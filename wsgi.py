"""The site, as a WSGI server loads it."""

import sys

from dotenv import load_dotenv

from app import create_app
from app.environment import SettingError

load_dotenv()
try:
    app = create_app()
except SettingError as problem:
    sys.exit(f"Setting: {problem}")
