import pytest

from course_utils import doctor


def test_a_healthy_machine_passes(capsys):
    findings = {finding.name: finding for finding in doctor.examine()}
    assert set(findings) == {
        "Python", "TensorFlow", "Keras", "JupyterLab", "Slides", "Kernel", "Memory", "Disk",
        "Writing", "Tesseract", "Data", "GPU",
    }  # fmt: skip
    assert findings["TensorFlow"].good and findings["Keras"].good and findings["JupyterLab"].good


def test_a_broken_tensorflow_is_a_line_and_not_a_crash(monkeypatch, tmp_path, capsys):
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text("raise ImportError('libcuda')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(doctor, "_heavy", doctor._heavy.__wrapped__)
    monkeypatch.setattr(doctor, "CHECKS", (doctor.python, doctor.tensorflow))
    assert doctor.main() == 1
    shown = capsys.readouterr().out
    assert "FAIL  TensorFlow" in shown and "-> delete the folder .venv" in shown
    assert "To mend: TensorFlow." in shown


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


@pytest.mark.parametrize(("name", "good"), [("", True), ("nowhere", False)])
def test_the_data_folder_is_looked_at(monkeypatch, tmp_path, name, good):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / name))
    (tmp_path / "dsb2018").mkdir()
    assert doctor.data().good is good
    assert ("dsb2018" in doctor.data().text) is good


def test_an_untested_pair_of_lab_and_rise_fails(monkeypatch):
    pairs = {"jupyterlab": "5.0.0", "jupyterlab-rise": "0.43.1"}
    monkeypatch.setattr(doctor, "_version", pairs.get)
    assert not doctor.jupyterlab().good
    monkeypatch.setattr(doctor, "_version", {}.get)
    assert not doctor.jupyterlab().good
