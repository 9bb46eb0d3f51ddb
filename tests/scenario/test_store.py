import numpy as np
import pytest
import xarray as xr

from twin.errors import InputError
from twin.scenario import store as store_module
from twin.scenario.store import MANIFEST, RESULT, open_store

RESULT_OF_STAGE = xr.Dataset({"depth": (("y", "x"), np.arange(6.0).reshape(2, 3))}, attrs={"model": "flood"})


def test_what_is_stored_comes_back_equal(tmp_path):
    store = open_store(tmp_path / "deep" / "store")
    store.put("ab", RESULT_OF_STAGE)
    xr.testing.assert_identical(store.get("ab"), RESULT_OF_STAGE)


def test_an_interrupted_write_leaves_no_result(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    write = xr.Dataset.to_netcdf

    def interrupted(self, path, **options):
        write(self, path, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(xr.Dataset, "to_netcdf", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.put("ab", RESULT_OF_STAGE)
    assert store.get("ab") is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_result_without_its_manifest_is_no_result(tmp_path, monkeypatch):
    store = open_store(tmp_path)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(store_module, "_digest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.put("ab", RESULT_OF_STAGE)
    assert (tmp_path / "stages" / "ab" / RESULT).is_file()
    assert store.get("ab") is None


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (RESULT, b"\x00" * 99),
        (RESULT, None),
        (MANIFEST, b"{"),
        (MANIFEST, b"[]"),
        (MANIFEST, b"\xff\xfe"),
        (MANIFEST, b"[" * 50_000),
    ],
)
def test_a_damaged_result_is_dropped_and_said(tmp_path, capsys, file, content):
    from twin import progress

    store = open_store(tmp_path)
    store.put("ab", RESULT_OF_STAGE)
    path = tmp_path / "stages" / "ab" / file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    progress.show(True)
    assert store.get("ab") is None
    assert "is damaged" in capsys.readouterr().err
    store.put("ab", RESULT_OF_STAGE)
    assert store.get("ab") is not None


def test_a_flipped_byte_is_noticed(tmp_path):
    store = open_store(tmp_path)
    store.put("ab", RESULT_OF_STAGE)
    path = tmp_path / "stages" / "ab" / RESULT
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert store.get("ab") is None


def test_a_file_is_no_store(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        open_store(tmp_path / "file")
