"""The labextension: installed with the package, and its mending part still needed."""

import importlib.metadata
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import jupyterlab_rise

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ROOT / "course_utils" / "labextension"
NAME = json.loads((EXTENSION / "package.json").read_text())["name"]


def test_the_stand_in_is_still_needed():
    """RISE lists in bundle.js, once each, the modules that it shares with extensions."""
    bundle = (Path(jupyterlab_rise.__file__).parent / "static" / "bundle.js").read_text()
    shared = set(re.findall(r'"(@jupyterlab/[\w-]+)","\d+\.\d+', bundle))
    assert "@jupyterlab/notebook" in shared, "bundle.js is written differently: mend this test"
    assert "@jupyterlab/console" not in shared, (
        "jupyterlab-rise shares @jupyterlab/console now: delete part 1 of remoteEntry.js, this test "
        "and test_without_the_mending_extension_no_widget_appears"
    )


def test_its_files_name_each_other():
    load = json.loads((EXTENSION / "package.json").read_text())["jupyterlab"]["_build"]["load"]
    script = (EXTENSION / load).read_text()
    assert f"const name = '{NAME}'" in script
    assert "const missing = '@jupyterlab/console'" in script


def test_wheel_and_editable_wheel_place_it_where_jupyterlab_looks(tmp_path):
    for kind in ("wheel", "editable"):
        folder = tmp_path / kind
        build = f"import hatchling.build as b; b.build_{kind}({str(folder)!r})"
        folder.mkdir()
        subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True)
        names = zipfile.ZipFile(next(folder.glob("*.whl"))).namelist()
        place = f"data/share/jupyter/labextensions/{NAME}"
        for file in ("package.json", "static/remoteEntry.js"):
            assert any(name.endswith(f"{place}/{file}") for name in names), (kind, file, names)


def test_an_installed_course_has_this_version_of_it():
    try:
        importlib.metadata.distribution("image-to-image")
    except importlib.metadata.PackageNotFoundError:
        return  # the tests run from a checkout that nobody installed
    installed = Path(sys.prefix) / "share/jupyter/labextensions" / NAME / "static/remoteEntry.js"
    assert installed.read_text() == (EXTENSION / "static/remoteEntry.js").read_text(), (
        "install the course again: pip install --no-deps -e ."
    )
