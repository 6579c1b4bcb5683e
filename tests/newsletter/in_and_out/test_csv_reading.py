"""CSV as it should not be: each kind has a stated outcome, told with its line, and the other rows are read."""

import tracemalloc

import pytest

from app.newsletter.in_and_out.csv_reading import MOST_COLUMNS, Table, UnreadableFile
from tests.newsletter.in_and_out.importing import csv_of, states, taken_in

ADA, GRACE = "ada@example.org", "grace@example.org"


def read(data, encoding=""):
    """The header, the rows that can be read, and the trouble of the others, by line."""
    portion = 7 if len(data) < 10_000 else 4096
    table = Table([data[place : place + portion] for place in range(0, len(data), portion)], encoding)
    rows = list(table)
    return (
        table.header,
        [row.cells for row in rows if not row.trouble],
        {row.line: row.trouble for row in rows if row.trouble},
    )


@pytest.mark.parametrize(
    "data",
    [
        "email,name\nada@example.org,Zoë\n".encode(),
        "\ufeffemail,name\r\nada@example.org,Zoë\r\n".encode(),
        "email;name\rada@example.org;Zoë".encode(),
        "email\tname\nada@example.org\tZoë\n".encode("utf-16"),
        "email\tname\r\nada@example.org\tZoë\r\n".encode("utf-16-le"),
        "email,name\nada@example.org,Zoë\n".encode("utf-16-be"),
        "\n\nemail|name\n\n|\nada@example.org|Zoë\n\n".encode(),
        'sep=;\n"email";"name"\n"ada@example.org";"Zoë"\n'.encode(),
    ],
)
def test_encodings_line_ends_and_delimiters_are_found_out(data):
    assert read(data) == (["email", "name"], [[ADA, "Zoë"]], {})


def test_another_encoding_is_noticed_by_line_and_can_be_chosen():
    data = "email,name\nada@example.org,Zoë\ngrace@example.org,Grace\n".encode("windows-1252")
    _, rows, troubles = read(data)
    assert rows == [[GRACE, "Grace"]]
    assert "encoding" in troubles[2]
    assert read(data, "windows-1252")[1:] == ([[ADA, "Zoë"], [GRACE, "Grace"]], {})


def test_cells_may_hold_delimiters_quotes_and_line_ends():
    data = b'email,name,note\nada@example.org,"Love""lace, A","one\r\ntwo"\ngrace@example.org,5" tall,x\n'
    _, rows, troubles = read(data)
    assert rows == [[ADA, 'Love"lace, A', "one\ntwo"], [GRACE, '5" tall', "x"]]
    assert troubles == {}


def test_a_quote_that_is_never_closed_costs_one_row():
    data = csv_of("email,name", f'{ADA},"Ada', *(f"r{number}@example.org,R" for number in range(100)), f'{GRACE},"G"')
    _, rows, troubles = read(data)
    assert len(rows) == 101
    assert troubles == {2: "A quote is opened and never closed."}


def test_a_quote_that_is_closed_in_another_row_costs_one_row():
    _, rows, troubles = read(csv_of("email,name", f'{ADA},"Ada', f'{GRACE},"Grace"', "m@example.org,M"))
    assert rows == [[GRACE, "Grace"], ["m@example.org", "M"]]
    assert list(troubles) == [2]


def test_quotes_within_quotes_that_are_not_doubled_cost_one_row():
    _, rows, troubles = read(csv_of("email,name", f'{ADA},"Ada "the" L"', f"{GRACE},Grace"))
    assert rows == [[GRACE, "Grace"]]
    assert "written twice" in troubles[2]


def test_nul_costs_one_row():
    _, rows, troubles = read(csv_of("email,name", f"{ADA},A\0da", f"{GRACE},Grace"))
    assert rows == [[GRACE, "Grace"]]
    assert "NUL" in troubles[2]


def test_a_row_with_more_cells_than_columns_is_rejected_and_one_with_fewer_is_not():
    _, rows, troubles = read(csv_of("email,name", f"{ADA},Ada,Love", f"{GRACE}", "m@example.org,M,,,"))
    assert rows == [[GRACE], ["m@example.org", "M", "", "", ""]]
    assert troubles == {2: "It has 3 cells, but there are 2 columns."}


def test_two_hundred_columns_are_read_and_far_too_many_are_refused(app):
    columns = [f"merge {number}" for number in range(199)]
    assert taken_in(csv_of(",".join([*columns, "email"]), "," * 199 + ADA))[0] == {"new": 1}
    wide = csv_of("email,name", f"{ADA},{',' * 198}x", f"{GRACE},Grace")
    counts, [rejected] = taken_in(wide)
    assert (counts, rejected.line) == ({"new": 1, "invalid": 1}, 2)
    assert states() == {ADA: "active", GRACE: "active"}
    with pytest.raises(UnreadableFile, match="columns"):
        read(csv_of(",".join(f"c{number}" for number in range(MOST_COLUMNS + 1))))


@pytest.mark.parametrize("data", [b"", b"\n\r\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_says_so(data):
    with pytest.raises(UnreadableFile, match="empty"):
        read(data)


def test_a_header_alone_is_a_file_of_nobody(app):
    assert taken_in(b"email,name") == ({}, [])


def test_a_file_without_a_header_says_so(app):
    with pytest.raises(UnreadableFile, match="names of the columns"):
        taken_in(csv_of(f"{ADA},Ada", f"{GRACE},Grace"))


@pytest.mark.parametrize("data", [b'"email,name\nx', b"em\0ail\n", b"PK\x03\x04\xff\xfe\0\0", b"x" * 200_000])
def test_a_header_that_cannot_be_read_says_why(data):
    with pytest.raises(UnreadableFile, match="header"):
        read(data)


def endless(size):
    """A file with one line of `size` bytes between two good ones."""
    yield b"email,name\nada@example.org,Ada\n"
    block = b"x" * 65536
    for _ in range(size // len(block)):
        yield block
    yield b"\ngrace@example.org,Grace\n"


def test_a_line_of_a_gigabyte_costs_one_row_and_no_memory():
    tracemalloc.start()
    rows = list(Table(endless(2**30)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(row.line, bool(row.trouble)) for row in rows] == [(2, False), (3, True), (4, False)]
    assert "longer than" in rows[1].trouble
    assert peak < 3_000_000


def test_a_quoted_cell_without_end_costs_no_memory_either():
    def blocks():
        yield b'email,name\nada@example.org,"'
        for _ in range(2**26 // 65536):
            yield b"x" * 65535 + b"\n"
        yield b"\ngrace@example.org,Grace\n"

    tracemalloc.start()
    count = sum(1 for row in Table(blocks()) if row.trouble)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1
    assert peak < 5_000_000


@pytest.mark.parametrize(
    "row",
    [f"{ADA},Ada,and,more", f'{ADA},"Ada', f"Zo\xeb,<{ADA}>", f"{ADA},\0"],
)
def test_a_row_that_cannot_be_read_is_told_with_its_address(app, row):
    _, [rejected] = taken_in(b"email,name\n" + row.encode("latin-1") + b"\n")
    assert (rejected.line, rejected.address) == (2, ADA)
