"""flask newsletter import and export: subscribers in and out as CSV."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click
from flask.cli import with_appcontext

from app.extensions import db
from app.newsletter.commands import newsletter
from app.newsletter.in_and_out import export_csv
from app.newsletter.in_and_out.csv_reading import BLOCK, ENCODINGS, Table, UnreadableFile
from app.newsletter.in_and_out.export_csv import escaped
from app.newsletter.in_and_out.import_csv import Rejected, Source
from app.newsletter.in_and_out.import_rows import BASES, Import
from app.newsletter.in_and_out.import_systems import FIELDS, SYSTEMS, guess_columns

SHOWN = 20


@newsletter.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--basis", type=click.Choice(list(BASES)), help="Why you may write to these people.")
@click.option("--yes", is_flag=True, help="Do it. Without this, nothing is written.")
@click.option("--system", type=click.Choice(list(SYSTEMS)), help="Whose export it is, where the header does not tell.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=COLUMN", help=f"Fields: {', '.join(FIELDS)}.")
@click.option("--encoding", type=click.Choice(list(ENCODINGS)), help="UTF-8, unless the file says otherwise.")
@click.option("--rejects", type=click.File("w", encoding="utf-8", lazy=True), help="Write every rejected row there.")
@with_appcontext
def import_subscribers(
    file: Path,
    basis: str | None,
    yes: bool,
    system: str | None,
    columns: tuple[str, ...],
    encoding: str | None,
    rejects: IO[str] | None,
) -> None:
    """Take in the subscribers of FILE, as exported by another system, or any CSV; first only say what would happen."""
    if yes and not basis:
        known = "\n".join(f"  --basis {key}: {words}" for key, words in BASES.items())
        raise click.ClickException(f"Say why you may write to these people; the consent ledger keeps it:\n{known}")
    try:
        with file.open("rb") as opened:
            source = _source(opened, file.name, system, columns, encoding)
            _tell_of(source)
            _take_in(Import(source, basis or ""), rejects, write=yes)
    except UnreadableFile as trouble:
        raise click.ClickException(str(trouble)) from None
    if not yes:
        click.echo("Nothing was written. If this is right, run it again with --yes --basis " + "|".join(BASES) + ".")


@newsletter.command("export")
@click.option("--all", "everybody", is_flag=True, help="Also those who left, never confirmed or are suppressed.")
@with_appcontext
def export_subscribers(everybody: bool) -> None:
    """Write the subscribers to standard output as CSV, safe to open in a spreadsheet."""
    for portion in export_csv.portions(everybody=everybody):
        click.echo(portion, nl=False)


def _source(opened: IO[bytes], name: str, system: str | None, chosen: tuple[str, ...], encoding: str | None) -> Source:
    def blocks() -> Iterator[bytes]:
        opened.seek(0)
        return iter(lambda: opened.read(BLOCK), b"")

    columns = _columns(Table(blocks(), encoding or "").header, chosen) if chosen else None
    source = Source(blocks, file_name=name, system=system or "", columns=columns, encoding=encoding or "")
    # The topics were read; reading the file must not keep others from writing.
    db.session.rollback()
    return source


def _columns(header: list[str], chosen: tuple[str, ...]) -> dict[str, int]:
    """The columns that the header tells, but for those the owner chose: `FIELD=COLUMN`, or `FIELD=` for none."""
    columns = guess_columns(header)
    for choice in chosen:
        name, _, column = choice.partition("=")
        if name not in FIELDS:
            raise click.ClickException(f"There is no field {name!r}. The fields are: {', '.join(FIELDS)}.")
        if not column:
            columns.pop(name, None)
        elif column in header:
            columns[name] = header.index(column)
        else:
            raise click.ClickException(f"There is no column {column!r}. The columns are: {', '.join(header[:20])}.")
    return columns


def _tell_of(source: Source) -> None:
    click.echo(f"{source.file_name}: {source.label}")
    for name, place in source.columns.items():
        click.echo(f"  {FIELDS[name]}: column {source.header[place]!r}")
    if source.signs:
        click.echo(f"  Also tells who is out: {', '.join(source.signs)}")
    if source.unused:
        click.echo(f"  Not used: {', '.join(source.unused)}")


def _take_in(taking: Import, rejects: IO[str] | None, *, write: bool) -> None:
    out = csv.writer(rejects) if rejects else None
    if out:
        out.writerow(Rejected._fields)
    shown = 0
    for rejected in taking.batches(write=write):
        if write:
            db.session.commit()
        else:
            db.session.rollback()
        for row in rejected:
            if out:
                out.writerow([row.line, escaped(row.address), row.reason])
            elif shown < SHOWN:
                click.echo(f"  Line {row.line}: {row.address} {row.reason}")
                shown += 1
    for words, count in taking.report.lines():
        click.echo(f"{count:10,}  {words}")
    if taking.report.unread_dates:
        click.echo(taking.report.unread_dates)
