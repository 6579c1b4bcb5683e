"""The site without its page cache: every page is rendered, by as many threads at once as BENCH_AT_WORK says."""

import os

from app import create_app
from app.web import slow_clients

slow_clients.AT_WORK_AT_ONCE = int(os.environ.get("BENCH_AT_WORK", slow_clients.AT_WORK_AT_ONCE))
app = create_app()
app.extensions["page_cache"]._keeps = False
