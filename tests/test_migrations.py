"""The migrations make exactly what the models say, and unmake it, on both databases."""

import hmac
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask, g
from sqlalchemy import CheckConstraint, inspect

from app.extensions import db
from app.people.suppressions import ERASED, Suppression, SuppressionKey
from tests.sites import new_database, running


@pytest.fixture
def bare_site(database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """The site on a database of its own with nothing in it."""
    with new_database(database_kind, tmp_path) as url, running(url, tmp_path / "instance") as app:
        yield app


def tables():
    with db.engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_migrations_make_what_the_models_say(bare_site):
    flask_migrate.upgrade()
    assert tables() == set(db.metadata.tables)
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_migrations_make_the_checks_the_models_say(bare_site):
    """Alembic compares none; their words differ from one database to the other, so their names tell."""
    flask_migrate.upgrade()
    said = {
        (name, check.name)
        for name, table in db.metadata.tables.items()
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    with db.engine.connect() as connection:
        inspector = inspect(connection)
        made = {(name, check["name"]) for name in db.metadata.tables for check in inspector.get_check_constraints(name)}
    assert made == said


def test_migrations_go_down_to_nothing_and_up_again(bare_site):
    flask_migrate.upgrade()
    flask_migrate.downgrade(revision="base")
    assert tables() == set()
    flask_migrate.upgrade()
    assert tables() == set(db.metadata.tables)


def test_where_nothing_is_left_to_migrate_rows_still_take_along_what_hangs_on_them(bare_site):
    for _ in range(2):
        flask_migrate.upgrade()
    with db.engine.connect() as connection:
        is_enforced = db.engine.dialect.name != "sqlite" or connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
    assert is_enforced


def test_setting_up_twice_changes_nothing(bare_site):
    runner = bare_site.test_cli_runner()
    first = runner.invoke(args=["setup"])
    assert first.exit_code == 0, first.output
    before = everything()
    assert runner.invoke(args=["setup"]).exit_code == 0
    assert everything() == before


def test_content_comes_out_as_it_went_in(bare_site, tmp_path):
    runner = bare_site.test_cli_runner()
    assert runner.invoke(args=["setup"]).exit_code == 0
    assert runner.invoke(args=["content", "export", str(tmp_path / "out")]).exit_code == 0
    before = everything()
    again = runner.invoke(args=["content", "import", str(tmp_path / "out")])
    assert again.exit_code == 0, again.output
    assert everything() == before


def test_a_broken_folder_is_refused_whole(bare_site, tmp_path):
    runner = bare_site.test_cli_runner()
    assert runner.invoke(args=["setup"]).exit_code == 0
    assert runner.invoke(args=["content", "export", str(tmp_path / "out")]).exit_code == 0
    before = everything()
    article = next((tmp_path / "out" / "articles").glob("*.md"))
    article.write_text(article.read_text().replace("title:", "titel:", 1))
    course = tmp_path / "out" / "hubs" / "leadership-mentorship.md"
    course.write_text(course.read_text().replace("A hub for physicians", "Changed", 1))
    refused = runner.invoke(args=["content", "import", str(tmp_path / "out")])
    assert refused.exit_code == 1
    assert article.name in refused.output
    assert everything() == before


def everything():
    """Every row of every table, as text."""
    db.session.rollback()
    rows = {
        name: sorted(map(repr, db.session.execute(table.select()).all())) for name, table in db.metadata.tables.items()
    }
    db.session.rollback()
    return rows


def test_the_suppression_list_gets_a_key_of_its_own_and_loses_nobody(bare_site):
    flask_migrate.upgrade(revision="0022")
    listed(bare_site.config["SECRET_KEY"], "ada@example.org", keep_address=True)
    flask_migrate.upgrade()
    assert found("ada@example.org")
    assert db.session.scalars(db.select(SuppressionKey.key)).one() != bare_site.config["SECRET_KEY"]
    db.session.rollback()
    g.pop("suppression_key")
    flask_migrate.downgrade(revision="0022")
    listed(bare_site.config["SECRET_KEY"], "erased@example.org", keep_address=False)
    flask_migrate.upgrade()
    bare_site.config["SECRET_KEY"] = "another secret for tests, long enough"
    assert found("ada@example.org")
    assert found("erased@example.org")
    assert not found("grace@example.org")


def listed(secret, address, *, keep_address):
    """An address on the list as it was kept when the site's secret was its key."""
    keyed = hmac.new(secret.encode(), b"suppression:" + address.encode(), "sha256").hexdigest()
    row = Suppression(address_hash=keyed, address=address if keep_address else None, reason=ERASED)
    db.session.add(row)
    db.session.commit()


def found(address):
    entry = Suppression.of(address)
    db.session.rollback()
    return entry is not None
