"""The Developing Doctor: hub, newsletter, coaching and course of a physician-leadership practice."""

from typing import Any

from flask import Flask

from app import config
from app.classroom.live.feed_views import bp as learners_calendar
from app.classroom.views import bp as classroom
from app.coaching.views import bp as coaching
from app.commands import register_commands
from app.enrollment.papers.letter_views import bp as papers
from app.enrollment.views import bp as enrollment
from app.extensions import csrf, db, limiter, mail, migrate, queue, security
from app.hub.views import bp as hub
from app.newsletter.views import bp as newsletter
from app.outbox.mail_room import OutboxMailUtil
from app.payments.views import bp as payments
from app.people.models import datastore
from app.people.views import bp as people
from app.studio.views import bp as studio
from app.web import stand_in_front_of


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """The site, from `settings` (as config.load gives them) or from the environment."""
    settings = settings or config.load()
    app = Flask(
        __name__,
        template_folder="../templates",
        static_folder="../static",
        instance_path=settings["INSTANCE_PATH"],
    )
    app.config.from_mapping(settings)
    db.init_app(app)
    migrate.init_app(app, db, directory="migrations", render_as_batch=True)
    csrf.init_app(app)
    mail.init_app(app)
    limiter.init_app(app)
    security.init_app(app, datastore, register_blueprint=False, mail_util_cls=OutboxMailUtil)
    queue.init_app(app)
    for blueprint in (
        people,
        hub,
        newsletter,
        payments,
        coaching,
        enrollment,
        papers,
        learners_calendar,
        classroom,
        studio,
    ):
        app.register_blueprint(blueprint)
    register_commands(app)
    stand_in_front_of(app)
    return app
