import base64
import hashlib
import shutil
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from course_utils import doctor, environment, ocr, paths


@pytest.fixture(scope="module")
def healthy():
    """One whole examination of this machine: {name: finding}."""
    return {finding.name: finding for finding in doctor.examine()}


def test_a_healthy_machine_passes(healthy):
    assert list(healthy) == [
        "Python",
        "Set-up",
        "Packages",
        "TensorFlow",
        "Keras",
        "JupyterLab",
        "Slides",
        "Kernel",
        "Networks",
        "Memory",
        "Disk",
        "Writing",
        "Features",
        "Tesseract",
        "Data",
        "GPU",
    ]
    for name in ("Python", "Packages", "TensorFlow", "Keras", "JupyterLab", "Kernel", "Networks"):
        assert healthy[name].good, healthy[name]


@pytest.fixture
def broken(monkeypatch, tmp_path):
    """Put a module that can't be imported before the real one, for this process and new ones."""

    def put(name, text):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setattr(doctor, "_imports", doctor._imports.__wrapped__)

    return put


@pytest.mark.parametrize("text", ["raise ImportError('libcuda')", "import os; os.abort()"])
def test_a_broken_tensorflow_is_a_line_and_not_a_crash(monkeypatch, broken, capsys, text):
    broken("tensorflow", text)
    monkeypatch.setattr(
        doctor, "_direct", lambda: [metadata.distribution("tqdm"), metadata.distribution("keras")]
    )
    monkeypatch.setattr(
        doctor, "_modules", lambda one: [{"tqdm": "tensorflow"}.get(one.name, one.name)]
    )
    monkeypatch.setattr(doctor, "CHECKS", (doctor.python, doctor.tensorflow, doctor.gpu))
    assert doctor.main() == 1
    shown = capsys.readouterr().out
    assert "FAIL  TensorFlow   can't be imported" in shown and "-> delete the folder .venv" in shown
    assert "To mend: TensorFlow." in shown


@pytest.mark.parametrize(
    "text", ["import nothing", "1 / 0", "import sys; sys.exit()", "syntax error"]
)
def test_a_broken_psutil_crashes_nothing(monkeypatch, broken, text):
    broken("psutil", text)
    finding = doctor._checked(doctor.memory)
    assert not finding.good and not finding.needed
    monkeypatch.delitem(sys.modules, "psutil", raising=False)  # the doctor has not imported it
    assert doctor._trouble(Requirement("psutil")) == "psutil is hidden by another psutil"


# ---- packages: each in a folder of its own, found before the real ones


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A requirement of a small installed package, and the folder that it lies in."""
    info = tmp_path / "toy_cv-2.0.dist-info"
    info.mkdir()
    (tmp_path / "toy_cv.py").write_text("x = 1\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-cv\nVersion: 2.0\n")
    sha = base64.urlsafe_b64encode(hashlib.sha256(b"x = 1\n").digest()).decode().rstrip("=")
    (info / "RECORD").write_text(f"toy_cv.py,sha256={sha},6\ntoy_cv-2.0.dist-info/METADATA,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return Requirement("toy-cv==2.0"), tmp_path


def test_a_whole_package_has_no_trouble(package):
    assert doctor._trouble(package[0]) == ""


def test_each_trouble_of_a_package_is_named(package, monkeypatch, tmp_path_factory):
    wanted, folder = package
    other = tmp_path_factory.mktemp("other")
    (other / "toy_cv.py").write_text("x = 2\n")
    with monkeypatch.context() as before:
        before.syspath_prepend(str(other))
        assert doctor._trouble(wanted) == "toy-cv is hidden by another toy_cv"
    for damaged in ("x = 1", "x = 2\n", ""):
        (folder / "toy_cv.py").write_text(damaged)
        assert doctor._trouble(wanted) == "toy-cv has a damaged toy_cv.py"
    (folder / "toy_cv.py").unlink()
    assert doctor._trouble(wanted) == "toy-cv lacks toy_cv.py"
    wanted.specifier &= "==3"
    assert "toy-cv is 2.0 and should be" in doctor._trouble(wanted)
    shutil.rmtree(folder / "toy_cv-2.0.dist-info")
    assert doctor._trouble(wanted) == "toy-cv is missing"


@pytest.mark.slow
def test_each_package_of_the_lock_is_looked_at_and_named_when_it_is_gone(monkeypatch):
    monkeypatch.setattr(environment, "VENV", type(paths.ROOT)(sys.prefix))  # as if this were .venv
    wanted = doctor._wanted()
    names = {one.name for one in wanted}
    monkeypatch.setattr(doctor, "_wanted", lambda: wanted)
    assert len(names) > 150 and {"numpy", "ipykernel", "soupsieve"} <= names
    real = metadata.distribution
    monkeypatch.setattr(doctor, "_imports", lambda: ({}, {}))
    for gone in sorted(names):

        def without(name, gone=gone):
            if name == gone:
                raise metadata.PackageNotFoundError(name)
            return without_files(real(name))

        monkeypatch.setattr(metadata, "distribution", without)
        assert f"{gone} is missing" in doctor.packages().text


def without_files(found):
    """A distribution's version, without its files: they are looked at in other tests."""
    told = {
        "version": found.version,
        "requires": found.requires,
        "read_text": lambda self, name: "",
    }
    return type("Found", (), told)()


def test_a_course_that_is_not_set_up_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "course_is_installed", lambda: False)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    assert "not set up" in doctor.packages().text and doctor.packages().mend == "run `make lab`"
    (tmp_path / ".venv").mkdir()
    assert doctor.packages().mend == "delete the folder .venv and run `make lab`"


def test_a_moved_or_half_done_environment_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    assert doctor.place().good
    (tmp_path / ".venv").mkdir()
    assert not doctor.place().good and "make lab" in doctor.place().mend


# ---- the rest


def test_a_check_that_breaks_is_a_finding(monkeypatch):
    def networks():
        raise PermissionError("nothing may be read here")

    finding = doctor._checked(networks)
    assert not finding.good and "nothing may be read here" in str(finding)


@pytest.mark.parametrize(
    ("file", "damage", "said"),
    [
        ("01_toy.npz", "gone", "is missing"),
        ("01_toy.npz", "cut", "is damaged"),
        ("SHA256SUMS", "gone", "SHA256SUMS is missing"),
    ],
)
def test_networks_that_are_missing_or_damaged_are_named(monkeypatch, tmp_path, file, damage, said):
    from course_utils import shipped

    (tmp_path / "01_toy.npz").write_bytes(b"a network")
    shipped.sign(tmp_path / "01_toy.npz")
    monkeypatch.setattr(paths, "CHECKPOINTS", tmp_path)
    monkeypatch.setattr(paths, "EVIDENCE", tmp_path)
    assert doctor.networks().good
    (tmp_path / file).unlink() if damage == "gone" else (tmp_path / file).write_bytes(b"a n")
    assert not doctor.networks().good and said in doctor.networks().text
    assert "git checkout" in doctor.networks().mend


def test_setup_complete_is_said_only_when_it_is(monkeypatch, capsys):
    good, optional = doctor.Finding("A", True, "fine"), doctor.Finding("B", False, "x", "y", False)
    monkeypatch.setattr(doctor, "CHECKS", (lambda: good, lambda: optional))
    assert doctor.main() == 0
    assert "Setup complete." in capsys.readouterr().out


def test_low_memory_and_disk_say_what_to_do(monkeypatch):
    monkeypatch.setattr(doctor, "NEEDED_MEMORY_GB", 10**6)
    monkeypatch.setattr(doctor, "NEEDED_DISK_GB", 10**9)
    assert "close other programs" in str(doctor.memory())
    assert "free some space" in str(doctor.disk())


@pytest.fixture
def tesseract(monkeypatch, tmp_path):
    """A stand-in for the program, with these languages."""

    def stand_in(languages):
        program = tmp_path / "tesseract"
        program.write_text(f"#!/bin/sh\nprintf 'List of languages:\\n{languages}'\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return stand_in


@pytest.mark.parametrize(
    ("languages", "good"),
    [("deu\\neng\\n", True), ("deu\\n", False), ("", False), ("deu\\nenglish-old\\n", False)],
)
def test_a_tesseract_without_english_reads_nothing(tesseract, languages, good):
    tesseract(languages)
    assert doctor.tesseract().good is good and ocr.available() is good
    assert good or "English" in str(doctor.tesseract())


@pytest.mark.parametrize(("name", "good"), [("", True), ("nowhere", False)])
def test_the_data_folder_is_looked_at(monkeypatch, tmp_path, name, good):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / name))
    (tmp_path / "dsb2018").mkdir()
    (tmp_path / ".cache").mkdir()
    assert doctor.data().good is good
    assert ("dsb2018" in doctor.data().text) is good and ".cache" not in doctor.data().text
    assert str(tmp_path / name) in doctor.data().text


@pytest.mark.parametrize("given", ["mine/sets", "~/sets", "./mine/../mine/sets"])
def test_the_doctor_and_a_lesson_mean_the_same_folder(monkeypatch, tmp_path, given):
    """A path from the course's root, or from the home: not from the folder that a kernel runs in."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("COURSE_DATA", given)
    monkeypatch.setenv("COURSE_RESULTS", given)
    folder = tmp_path / "mine" / "sets"
    (folder / "cuhk").mkdir(parents=True)
    for place in (tmp_path, folder, tmp_path / "mine"):
        monkeypatch.chdir(place)
        assert paths.data_dir() == paths.results_dir() == folder
        assert str(folder) in doctor.data().text and "cuhk" in doctor.data().text


def test_an_untested_pair_of_lab_and_rise_fails(monkeypatch):
    pairs = {"jupyterlab": "5.0.0", "jupyterlab-rise": "0.43.1"}
    monkeypatch.setattr(doctor, "_version", pairs.get)
    assert not doctor.jupyterlab().good
    monkeypatch.setattr(doctor, "_version", {}.get)
    assert not doctor.jupyterlab().good


def test_the_doctor_loads_nothing_of_what_it_checks():
    code = (
        "import sys; from course_utils import doctor; doctor.CHECKS = doctor.CHECKS[:2]; "
        "doctor.main(); sys.exit(', '.join({'psutil', 'numpy', 'keras', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "", done
