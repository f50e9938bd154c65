"""A class on one computer: five students at once, one of them with two runaway notebooks."""

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import classroom
import psutil
import pytest
from dockerspawner import DockerSpawner
from test_class import configured  # noqa: F401 (a fixture)

from course_utils import paths

pytestmark = pytest.mark.skipif(
    not shutil.which("prlimit"), reason="util-linux is missing: nothing would hold a runaway back"
)
NAMES = ("ada", "ben", "cleo", "dan", "eve")
PATIENCE = 900  # seconds for five runs of lesson 00 at once: only a hub that hangs takes so long
HOG = "held = []\nwhile True:\n    held.append(b'x' * 10**7)"
MEASURED = paths.BUILD / "scale" / "class.json"


@pytest.mark.timeout(1500)
def test_five_students_run_lesson_00_at_once_and_a_runaway_stops_nobody(tmp_path):
    with (
        ThreadPoolExecutor(len(NAMES) + 2) as at_once,
        classroom.hub(tmp_path, MEMORY_GB="2") as (address, process),
    ):
        times = [time.monotonic()]
        class_ = [*at_once.map(lambda name: classroom.Student(address, name).arrive(), NAMES)]
        times += [time.monotonic()]
        hog, loop = (class_[0].kernel(f"{name}.ipynb") for name in ("hog", "loop"))
        hogging = at_once.submit(class_[0].run, hog, [HOG], PATIENCE)
        looping = at_once.submit(class_[0].run, loop, ["while True: pass"], 2 * PATIENCE)
        for end in at_once.map(lambda one: one.lesson(PATIENCE), class_):
            assert end["status"] == "ok" and "Setup complete." in end["text"], end
        times += [time.monotonic()]
        assert hogging.result()["ename"] in ("MemoryError", "DeadKernel")
        assert class_[0].ask("GET", f"api/kernels/{loop}")["execution_state"] == "busy"
        class_[0].ask("POST", f"api/kernels/{loop}/interrupt")
        assert looping.result()["ename"] == "KeyboardInterrupt"
        assert_each_has_a_course_of_their_own(tmp_path)
        keep(memory(process) | {"home_mb": size(tmp_path / "homes" / NAMES[1])})
        print("seconds to arrive, and for the lesson:", times[1] - times[0], times[2] - times[1])


def assert_each_has_a_course_of_their_own(state):
    for name in NAMES:
        home = state / "homes" / name / classroom.COPY
        assert json.loads((home / "results" / "00_start_here.synthetic.json").read_text())


def memory(hub: psutil.Process) -> dict:
    """Megabytes of the hub with its helpers, and of one student's server without its kernels."""
    of_students = servers(hub)
    others = {hub, *hub.children()} - {*of_students}
    return {
        "hub_mb": sum(one.memory_info().rss for one in others) / 1024**2,
        "server_mb": max(one.memory_info().rss for one in of_students) / 1024**2,
    }


def size(folder) -> float:
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir()) / 1024**2


def keep(measured: dict) -> None:
    """Keep what was measured where `docs/class.json`, which the plan reads, is copied from."""
    MEASURED.parent.mkdir(parents=True, exist_ok=True)
    rounded = {name: round(value) for name, value in measured.items()}
    MEASURED.write_text(json.dumps(rounded, indent=1) + "\n")
    print(rounded)


@pytest.mark.timeout(300)
def test_a_server_that_nobody_uses_is_stopped(tmp_path):
    config = tmp_path / "soon.py"
    config.write_text(
        f"load_subconfig({str(classroom.CONFIG)!r})\n"
        'command = get_config().JupyterHub.services[0]["command"]\n'
        'command[:] = [word for word in command if "--timeout" not in word]\n'
        'command += ["--timeout=5", "--cull-every=1"]\n'
    )
    with classroom.hub(tmp_path, config) as (address, process):
        student = classroom.Student(address, "ada")
        student.browser.get(student.links[0])
        classroom.until(lambda: servers(process), 60, 0.1)
        classroom.until(lambda: not servers(process), 60)


def servers(hub: psutil.Process) -> list[psutil.Process]:
    """The students' servers that run."""
    live = [one for one in hub.children() if one.status() != psutil.STATUS_ZOMBIE]
    return [one for one in live if "jupyterhub.singleuser" in one.cmdline()]


@pytest.mark.timeout(300)
def test_the_hub_turns_away_whom_it_should(tmp_path):
    with classroom.hub(tmp_path, STUDENTS="1") as (address, _):
        for odd in ("../ada", "ada.old", "ada ben"):
            with pytest.raises(AssertionError):
                classroom.Student(address, odd)
        ada, ben = (classroom.Student(address, name) for name in ("ada", "ben"))
        ada.arrive()
        assert ben.browser.get(ben.links[0]).status_code == 429  # too many servers
        assert ben.browser.get(f"{ada.mine}lab").status_code == 403


def test_dockerspawner_has_what_the_configuration_sets(configured):  # noqa: F811
    known = DockerSpawner.class_traits(config=True)
    assert set(configured(SPAWNER="docker").DockerSpawner) <= set(known)
