"""Taking subscribers in, beside reading their file with the csv module alone; and the memory it takes."""

import csv
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from app.extensions import db
from app.newsletter.in_and_out.csv_reading import BLOCK
from app.newsletter.in_and_out.import_csv import Source
from app.newsletter.in_and_out.import_rows import Import
from tests.benchmarks.databases import kinds, site_on
from tests.benchmarks.tools import ROOT
from tests.sites import running

FEW, MANY = 10_000, 100_000
HEADER = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID,NOTES,TAGS\n"


def compare() -> None:
    print("\nImport of a Mailchimp export: rows a second, of what csv alone reads; peak memory")
    with TemporaryDirectory(prefix="bench-") as folder:
        files = {count: _export(Path(folder), count) for count in (FEW, MANY)}
        alone = MANY / _reading_alone(files[MANY])
        print(f"  csv alone   {alone:9,.0f}")
        for kind in kinds():
            results = {count: _in_a_process(kind, file) for count, file in files.items()}
            seconds, megabytes = results[MANY]
            memory = f"{megabytes:.0f} MB, {results[FEW][1]:.0f} MB for {FEW:,}"
            rate = f"{MANY / seconds:9,.0f}   {MANY / seconds / alone:.4f} of csv alone"
            print(f"  {kind:11} {rate}; {MANY:,} in {seconds:.1f} s with {memory}", flush=True)


def _export(folder: Path, count: int) -> Path:
    file = folder / f"{count}.csv"
    with file.open("w") as out:
        out.write(HEADER)
        out.writelines(
            f"reader.{number}@mail{number % 500}.example.org,First,Last {number},2,2018-02-12 10:54:27,"
            f'2018-02-12 10:55:00,{number},e{number},,"""residents"",""talk {number % 11}"""\n'
            for number in range(count)
        )
    return file


def _reading_alone(file: Path) -> float:
    begun = time.perf_counter()
    with file.open(newline="") as opened:
        for _ in csv.reader(opened):
            pass
    return time.perf_counter() - begun


def _in_a_process(kind: str, file: Path) -> tuple[float, float]:
    """Seconds and megabytes, of a process that does nothing else."""
    with site_on(kind) as app:
        command = [sys.executable, "-m", "tests.benchmarks.importing", app.config["SQLALCHEMY_DATABASE_URI"], str(file)]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return float(said[-2]), float(said[-1])


def _import(url: str, file: Path) -> None:
    def blocks():
        opened.seek(0)
        return iter(lambda: opened.read(BLOCK), b"")

    with TemporaryDirectory() as instance, running(url, Path(instance)), file.open("rb") as opened:
        source = Source(blocks, file_name=file.name)
        db.session.rollback()
        begun = time.perf_counter()
        for _ in Import(source, "asked").batches(write=True):
            db.session.commit()
        seconds = time.perf_counter() - begun
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


if __name__ == "__main__":
    _import(sys.argv[1], Path(sys.argv[2]))
