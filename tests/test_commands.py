"""Commands say in one line what to mend, and `flask up` keeps its worker at work."""

import subprocess

import pytest

from app.up import started_again
from tests.sites import running


@pytest.fixture
def runner(app):
    return app.test_cli_runner()


def refused(result) -> str:
    assert result.exit_code == 1, result.output
    [line] = result.output.strip().splitlines()
    return line


def test_content_needs_tables(tmp_path):
    with running(f"sqlite:///{tmp_path}/empty.db", tmp_path) as app:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "notes.md").write_text("---\ntitle: x\n---\n")
        line = refused(app.test_cli_runner().invoke(args=["content", "export", str(tmp_path / "out")]))
    assert "flask setup" in line


def test_a_database_that_is_away_is_named(tmp_path):
    with running("postgresql+psycopg://nobody@127.0.0.1:1/nothing", tmp_path) as app:
        assert "DATABASE_URL" in refused(app.test_cli_runner().invoke(args=["setup"]))


def test_a_folder_without_content_is_refused(runner, tmp_path):
    assert "holds no content" in refused(runner.invoke(args=["content", "import", str(tmp_path)]))


def test_a_folder_that_cannot_be_written_is_named(runner):
    runner.invoke(args=["setup"])
    assert "/dev/null/out" in refused(runner.invoke(args=["content", "export", "/dev/null/out"]))


def test_an_owner_needs_an_address(runner):
    assert "OWNER_EMAIL" in refused(runner.invoke(args=["owner", "nonsense"]))


def test_a_worker_that_dies_is_started_again_and_one_that_ends_is_not(tmp_path):
    lives = tmp_path / "lives"
    command = f"sh -c 'echo life >> {lives}; test $(wc -l < {lives}) -ge 3 || kill -9 $$'"
    assert (
        subprocess.run(["sh", "-c", started_again(command).replace("sleep 1", "sleep 0")], timeout=20).returncode == 0
    )
    assert lives.read_text().splitlines() == ["life"] * 3
