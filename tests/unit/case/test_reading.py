"""Finding, opening and hashing a case."""

from __future__ import annotations

import math

import pytest

from karvan.case import bundled_cases, check_case, find_case, schemas
from karvan.case.reading import digest_of
from karvan.errors import CaseError, UnknownNameError
from karvan.workers.source import package_digest

# finding --------------------------------------------------------------------------------------------------------------


def test_the_cases_that_come_with_the_package():
    cases = bundled_cases()
    assert list(cases) == ["pakistan_azerbaijan", "textbook"]
    assert all((folder / "case.toml").is_file() for folder in cases.values())


def test_a_case_by_name_or_folder(files):
    assert find_case("textbook") == bundled_cases()["textbook"]
    assert find_case(files.folder) == files.folder
    assert find_case(str(files.folder)) == files.folder


def test_without_a_name_it_is_the_folder_one_stands_in(files, monkeypatch):
    monkeypatch.chdir(files.folder)
    assert find_case() == files.folder
    monkeypatch.chdir(files.folder / "programme")
    assert find_case() == bundled_cases()["pakistan_azerbaijan"]


def test_a_folder_of_the_name_goes_before_a_bundled_case_where_it_is_a_case(files, monkeypatch):
    monkeypatch.chdir(files.folder.parent)
    assert find_case("textbook").resolve() == files.folder
    (files.folder / "case.toml").unlink()
    assert find_case("textbook") == bundled_cases()["textbook"]


def test_a_folder_without_case_toml_is_taken_at_its_word(tmp_path):
    assert find_case(tmp_path) == tmp_path
    assert "case.toml: found no such file; expected the file. Add case.toml, or start from `karvan new DIR`." in [
        str(problem) for problem in check_case(tmp_path)
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("pakistan", "Did you mean pakistan_azerbaijan?"),
        ("texbook", "Did you mean textbook?"),
        ("xyz", "There are: pakistan_azerbaijan, textbook."),
    ],
)
def test_a_case_that_is_not_there(name, hint):
    with pytest.raises(UnknownNameError) as caught:
        find_case(name)
    assert str(caught.value) == f"No case is called {name!r}. {hint}"


def test_a_file_is_no_case(files):
    path = files.folder / "node.csv"
    with pytest.raises(UnknownNameError) as caught:
        find_case(path)
    assert str(caught.value).startswith(f"No case is called {str(path)!r}.")


# opening --------------------------------------------------------------------------------------------------------------


def test_a_case_has_every_table_with_every_column_but_its_key(textbook):
    assert list(textbook.tables) == list(schemas())
    for name, schema in schemas().items():
        frame = textbook.tables[name]
        assert frame.index.name == schema.key
        assert list(frame.columns) == [field.name for field in schema.fields[1:]]


def test_cells_have_the_type_of_their_column(textbook):
    links = textbook.tables["link"]
    assert links["length_km"].dtype == links["gauge_mm"].dtype == "float64"
    assert links["electrified"].dtype == "bool"
    assert links["mode"].dtype == "object"
    row = textbook.rows("link")["b_city-b_east.rail"]
    assert row["gauge_mm"] == 1435
    assert row["electrified"] is True
    assert math.isnan(row["speed_kmh"])
    assert row["crossing_id"] == ""
    assert row["project_id"] == ()
    assert textbook.rows("zone")["AAA"]["gateways"] == ("a_city", "a_port")


def test_blank_cells_take_the_default_of_the_schema(files):
    files.set("border.csv", "ab.rail.AAA-BBB", sides="", resource_share="")
    files.set("terminal.csv", "a_port.road-ferry", form="", status="")
    files.set("service.csv", "road.any", moving_h_per_day="", time_cv="")
    case = files.open()
    assert case.rows("border")["ab.rail.AAA-BBB"]["sides"] == "both"
    assert case.rows("border")["ab.rail.AAA-BBB"]["resource_share"] == 1
    assert case.rows("terminal")["a_port.road-ferry"]["form"] == "any"
    assert case.rows("terminal")["a_port.road-ferry"]["status"] == "existing"
    assert case.rows("service")["road.any"]["moving_h_per_day"] == 24
    assert case.rows("service")["road.any"]["time_cv"] == 0.2


def test_a_table_that_is_not_there_is_empty(files):
    (files.folder / "observed.csv").unlink()
    frame = files.open().tables["observed"]
    assert frame.empty
    assert frame["value"].dtype == "float64"


def test_spaces_around_cells_do_not_count(files):
    files.set("node.csv", "a_port", name="  Alba Port ", country=" AAA", x_coord=" 0 ")
    files.set("zone.csv", "AAA", gateways=" a_city ; a_port;")
    case = files.open()
    assert case.rows("node")["a_port"]["name"] == "Alba Port"
    assert case.rows("zone")["AAA"]["gateways"] == ("a_city", "a_port")


def test_what_rests_on_an_assumption(textbook):
    assert textbook.assumption_sources == {"assumed"}
    assert textbook.is_assumption("project", "N5")
    assert not textbook.is_assumption("project", "N1")


def test_parameters_by_name(textbook):
    assert textbook.parameters["reliability_ratio"] == 0.5


def test_the_error_has_every_problem(files):
    files.set("border.csv", "ab.rail.AAA-BBB", time_h="-1")
    files.set("node.csv", "a_port", country="Alba")
    with pytest.raises(CaseError) as caught:
        files.open()
    assert str(caught.value) == (
        f"{files.folder}: 2 problems\n"
        "  border.csv, line 2, time_h: found '-1'; expected at least 0. Check the unit (h).\n"
        "  node.csv, line 2, country: found 'Alba'; expected three capital letters. Write the ISO 3166 alpha-3 code."
    )


# the digest -----------------------------------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_files(textbook, files):
    assert digest_of(files.folder) == textbook.digest == files.open().digest


def test_line_ends_do_not_enter_the_digest(textbook, files):
    for path in sorted(files.folder.rglob("*.*")):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert digest_of(files.folder) == textbook.digest


def test_other_files_do_not_enter_the_digest(textbook, files):
    (files.folder / "README.md").write_text("About this case", encoding="utf-8")
    assert digest_of(files.folder) == textbook.digest


def test_every_byte_of_every_file_enters_the_digest(textbook, files):
    for path in sorted(path for path in files.folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
        assert digest_of(files.folder) != textbook.digest, path
        path.write_bytes(content)
    assert digest_of(files.folder) == textbook.digest


def test_what_moves_from_one_file_to_the_next_changes_the_digest(files):
    before = digest_of(files.folder)
    first, second = files.folder / "border.csv", files.folder / "case.toml"
    content = first.read_bytes()
    first.write_bytes(content[:-5])
    second.write_bytes(content[-5:] + second.read_bytes())
    assert digest_of(files.folder) != before


def test_the_digest_of_the_package():
    assert package_digest() == package_digest()
    assert len(package_digest()) == 64
