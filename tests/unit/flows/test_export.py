"""Results as files, and trips from OMX; what is wrong is said with the file's name."""

from __future__ import annotations

import builtins

import numpy as np
import pandas as pd
import pytest

from karvan.errors import InputError, OutputError, RequestError
from karvan.flows import VehicleClass, assign
from karvan.flows.export import read_omx, write_assignment

openmatrix = pytest.importorskip("openmatrix", reason="the extra omx is not installed")


@pytest.fixture
def result(braess, six):
    return assign(braess, classes=[VehicleClass("car", six), VehicleClass("truck", six / 3, vehicle_equivalents=2)])


@pytest.mark.parametrize("name", ["flows.csv", "flows.parquet", "deep/FLOWS.CSV"])
def test_links_as_a_table(result, tmp_path, name):
    path = write_assignment(result, tmp_path / name)
    read = (
        pd.read_parquet(path)
        if name.endswith("parquet")
        else pd.read_csv(path, dtype={"from_node": str, "to_node": str})
    )
    pd.testing.assert_frame_equal(read, result.table, check_dtype=False)


def test_the_same_run_gives_the_same_bytes(result, tmp_path):
    for name in ("flows.csv", "flows.parquet"):
        first, second = (write_assignment(result, tmp_path / turn / name).read_bytes() for turn in ("one", "two"))
        assert first == second


def test_matrices_as_omx(result, tmp_path):
    path = write_assignment(result, tmp_path / "flows.omx")
    assert read_omx(path, 2, matrix="demand_truck").tolist() == pytest.approx(np.array([[0, 2], [0, 0]]))
    assert read_omx(path, 2, matrix="cost_car") == pytest.approx(result.cost_matrix("car"))
    with openmatrix.open_file(str(path)) as book:
        assert book.mapping("zones") == {1: 0, 2: 1}


def refused(*arguments, **names):
    with pytest.raises(InputError) as error:
        read_omx(*arguments, **names)
    return str(error.value).partition("omx: ")[2]


def test_matrices_that_are_not_there_or_do_not_fit(result, tmp_path):
    path = write_assignment(result, tmp_path / "flows.omx")
    names = "cost_car, cost_truck, demand_car, demand_truck"
    assert refused(path, 2) == f"holds 4 matrices ({names}). Name one with --matrix."
    assert refused(path, 2, matrix="bus") == f"holds no matrix 'bus'; there are: {names}."
    assert refused(path, 3, matrix="cost_car") == "matrix 'cost_car' is 2 x 2; expected 3 x 3."


def test_an_omx_file_that_ends_early(result, tmp_path):
    whole = write_assignment(result, tmp_path / "flows.omx").read_bytes()
    (tmp_path / "cut.omx").write_bytes(whole[: len(whole) // 2])
    message = refused(tmp_path / "cut.omx", 2, matrix="cost_car")
    assert message == "is no OMX file, or ends early: HDF5 cannot open it. Fetch or write it again."


def test_an_omx_file_that_is_not_there(tmp_path):
    with pytest.raises(RequestError, match=r"nowhere\.omx cannot be read: there is no such file. Name an OMX file."):
        read_omx(tmp_path / "nowhere.omx", 2)


def test_without_openmatrix(result, tmp_path, monkeypatch):
    true = builtins.__import__

    def without(name, *rest):
        if name == "openmatrix":
            raise ImportError(name)
        return true(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    for call in (lambda: write_assignment(result, tmp_path / "flows.omx"), lambda: read_omx(tmp_path / "flows.omx", 2)):
        with pytest.raises(RequestError, match=r"OMX files need the package openmatrix: pip install 'karvan\[omx\]'."):
            call()


def test_another_ending(result, tmp_path):
    with pytest.raises(RequestError, match=r"flows\.xlsx: name a file that ends in \.csv, \.parquet or \.omx\."):
        write_assignment(result, tmp_path / "flows.xlsx")


def test_a_place_that_cannot_be_written(result, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for name in ("flows.csv", "flows.omx"):
        with pytest.raises(OutputError, match="cannot be written: "):
            write_assignment(result, tmp_path / "file" / name)


def omx_with(path, **mappings):
    book = openmatrix.open_file(str(path), "w")
    book["trips"] = np.array([[11.0, 12.0, 13.0], [21.0, 22.0, 23.0], [31.0, 32.0, 33.0]])
    for name, entries in mappings.items():
        book.create_mapping(name, entries)
    book.close()
    return path


def test_rows_of_an_omx_file_are_the_zones_that_its_mapping_says(tmp_path):
    plain = read_omx(omx_with(tmp_path / "a.omx"), 3)
    assert plain[0].tolist() == [11, 12, 13]
    turned = read_omx(omx_with(tmp_path / "b.omx", taz=[3, 1, 2]), 3)
    # the first row is zone 3, the second zone 1
    assert turned.tolist() == [[22, 23, 21], [32, 33, 31], [12, 13, 11]]
    assert read_omx(omx_with(tmp_path / "c.omx", taz=[101, 102, 205]), 3).tolist() == plain.tolist()


def test_mappings_that_do_not_name_the_zones(tmp_path):
    assert refused(omx_with(tmp_path / "a.omx", taz=[3, 1, 9]), 3) == (
        "mapping 'taz' does not name each of the zones 1 to 3 once. Correct it, or leave it out where rows and columns stand in "
        "the order of the zones."
    )
    assert refused(omx_with(tmp_path / "b.omx", one=[1, 2, 3], two=[3, 1, 2]), 3) == (
        "the mappings one, two give the zones different orders. Keep one."
    )
