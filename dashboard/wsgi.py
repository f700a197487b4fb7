"""The application as the Procfile names it: `gunicorn dashboard.wsgi:server`."""

from __future__ import annotations

import os

from dashboard.app import create_app
from dashboard.services import live_services, settings_of

settings = settings_of(os.environ)
services = live_services(settings)
if services.store.index is not None:
    services.store.index.open_early()
app = create_app(settings, services)
server = app.server
