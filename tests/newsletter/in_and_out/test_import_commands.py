"""flask newsletter import and export, as the owner types them."""

import pytest

from app.extensions import db
from tests.newsletter.conftest import ADA, rows_of_everybody
from tests.newsletter.in_and_out.importing import EXPORTS, csv_of, states, subscription


@pytest.fixture
def newsletter(app):
    """Runs `flask newsletter`; gives the exit code and what was said."""

    def run(*arguments):
        db.session.rollback()
        result = app.test_cli_runner().invoke(args=["newsletter", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return run


def test_an_import_is_a_dry_run_until_told_otherwise(newsletter):
    before = rows_of_everybody()
    code, said = newsletter("import", EXPORTS / "kit.csv")
    assert code == 0
    for expected in ("Kit (ConvertKit)", "1  New", "Line 3: waiting@example.org", "Nothing was written", "--basis"):
        assert expected in said
    assert rows_of_everybody() == before


def test_yes_asks_for_the_basis_and_then_does_it(newsletter):
    code, said = newsletter("import", EXPORTS / "kit.csv", "--yes")
    assert code == 1
    assert "--basis double-opt-in: They confirmed" in said
    assert states() == {}
    code, said = newsletter("import", EXPORTS / "kit.csv", "--yes", "--basis", "double-opt-in")
    assert (code, states()) == (0, {ADA: "active", "left@example.org": "left"})
    assert "Nothing was written" not in said


def test_rejected_rows_are_written_to_a_file_that_is_safe_to_open(newsletter, tmp_path):
    (tmp_path / "in.csv").write_bytes(csv_of("email,status", "=cmd@,active", f"{ADA},pending"))
    newsletter("import", tmp_path / "in.csv", "--rejects", tmp_path / "out.csv")
    header, first, second = (tmp_path / "out.csv").read_text().splitlines()
    assert header == "line,address,reason"
    assert first.startswith("2,'=cmd@,")
    assert second == f"3,{ADA},The address was never confirmed there."


def test_columns_are_named_by_the_owner(newsletter, tmp_path):
    (tmp_path / "in.csv").write_bytes("Kontakt;Wer;Email\nada@example.org;Zoë;x\n".encode("windows-1252"))
    file = (tmp_path / "in.csv", "--encoding", "windows-1252")
    assert newsletter("import", *file, "--column", "email=Adresse") == (
        1, "Error: There is no column 'Adresse'. The columns are: Kontakt, Wer, Email.\n"
    )  # fmt: skip
    assert newsletter("import", *file, "--column", "mail=Kontakt")[0] == 1
    columns = ("--column", "email=Kontakt", "--column", "name=Wer")
    assert newsletter("import", *file, *columns, "--yes", "--basis", "asked")[0] == 0
    assert subscription(ADA).person.name == "Zoë"


def test_a_dry_run_names_what_it_leaves_out(newsletter, tmp_path):
    (tmp_path / "in.csv").write_bytes(csv_of("email,joined,Shoe size,signup date", f"{ADA},x,7,03/04/2023"))
    _, said = newsletter("import", tmp_path / "in.csv")
    assert "  Not used: joined, Shoe size\n" in said
    assert "1 of these rows has a date that cannot be read, the first in line 2." in said


def test_a_file_that_cannot_be_used_is_refused_in_one_line(newsletter, tmp_path):
    (tmp_path / "in.csv").write_bytes(b"")
    assert newsletter("import", tmp_path / "in.csv") == (1, "Error: The file is empty.\n")
    assert newsletter("import", tmp_path / "none.csv")[0] == 2


def test_an_export_goes_to_standard_output(newsletter):
    newsletter("import", EXPORTS / "kit.csv", "--yes", "--basis", "asked")
    code, said = newsletter("export")
    assert code == 0
    assert [line.split(",")[0] for line in said.splitlines()] == ["email", ADA]
    code, said = newsletter("export", "--all")
    _, _, left, *suppressed = [line.split(",")[0] for line in said.splitlines()]
    assert (left, set(suppressed)) == ("left@example.org", {"bounced@example.org", "angry@example.org"})
