"""The hub of a class: its settings, what its configuration says, its image, and the plan for it."""

import json
import math
import re
import runpy
import sys
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from traitlets.config import Config

from course_utils import lessons, paths

DEPLOY = paths.ROOT / "deploy"
sys.path[:0] = [str(DEPLOY), str(paths.ROOT / "tools")]
import class_plan
import class_settings
import javascript
import site_pages

DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
PAGE = (paths.ROOT / "docs" / "class.md").read_text(encoding="utf-8")


@pytest.fixture
def configured(monkeypatch, tmp_path):
    """A function: the configuration under some COURSE_HUB_ variables."""
    for setting in class_settings.SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)

    def run(**variables: str) -> Config:
        wanted = {"PASSWORD": "long enough", "STATE": str(tmp_path / "hub")} | variables
        for name, value in wanted.items():
            monkeypatch.setenv(f"COURSE_HUB_{name}", value)
        monkeypatch.setenv("COURSE_DATA", str(tmp_path))
        config = Config()
        config_file = str(DEPLOY / "jupyterhub_config.py")
        runpy.run_path(config_file, init_globals={"get_config": lambda: config})
        return config

    return run


# Settings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "must"),
    [
        ("PASSWORD", "", "a password of at least 8 characters"),
        ("PASSWORD", "short", "a password of at least 8 characters"),
        ("ADMIN_PASSWORD", "short", "a password of at least 32 characters"),
        ("SPAWNER", "dokcer", "simple or docker"),
        ("PORT", "80000", "a number from 1 to 65535"),
        ("PORT", "eighty", "a number from 1 to 65535"),
        ("STUDENTS", "0", "a number from 1"),
        ("MEMORY_GB", "nan", "a number from 1"),
        ("CORES", "-2", "a number from 0.1"),
        ("IDLE_MINUTES", "1", "a number from 10"),
        ("HOURS", "all", "a number from 1"),
        ("TLS", "nowhere", "a folder with cert.pem and key.pem"),
    ],
)
def test_a_bad_value_is_one_sentence_that_says_what_it_must_be(configured, name, value, must):
    with pytest.raises(SystemExit) as stopped:
        configured(**{name: value})
    said = str(stopped.value)
    assert said.startswith(f"COURSE_HUB_{name} is ") and f"it must be {must}" in said
    assert said.count("\n") == 0 and said.endswith(".")
    assert "PASSWORD" not in name or "short" not in said


def test_a_folder_that_is_no_repository_asks_for_one(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="COURSE_HUB_REPO is ''; it must be the address of a git"):
        class_settings.read({"COURSE_HUB_PASSWORD": "long enough", "COURSE_DATA": str(tmp_path)})


def test_the_page_lists_every_setting():
    assert "{{ hub settings }}" in PAGE
    assert all(f"| `{one.name}` |" in site_pages.hub_settings() for one in class_settings.SETTINGS)
    names = set(re.findall(r"COURSE_[A-Z_]+", PAGE + DOCKERFILE + str(COMPOSE)))
    assert names <= {one.name for one in class_settings.SETTINGS}


# The configuration --------------------------------------------------------------------------------


def test_on_one_computer_the_hub_is_for_this_computer_and_limits_each_process(configured):
    config = configured(MEMORY_GB="3", PORT="8123")
    assert (config.JupyterHub.ip, config.JupyterHub.port) == ("127.0.0.1", 8123)
    assert config.JupyterHub.spawner_class == "simple"
    assert config.Spawner.cmd[:2] in (["prlimit", f"--data={3 * 1024**3}"], [sys.executable, "-m"])
    assert config.SharedPasswordAuthenticator.user_password == "long enough"
    assert "admin_users" not in config.Authenticator


def test_in_docker_each_student_has_limits_a_home_and_data_that_only_the_hub_can_change(configured):
    config = configured(SPAWNER="docker", MEMORY_GB="3", CORES="1.5", STUDENTS="12")
    assert (config.Spawner.mem_limit, config.Spawner.cpu_limit) == (3 * 1024**3, 1.5)
    assert config.JupyterHub.active_server_limit == 12
    assert "{username}" in next(iter(config.DockerSpawner.volumes))
    hub, shared = COMPOSE["services"]["hub"], COMPOSE["volumes"]["data"]["name"]
    assert [*config.DockerSpawner.read_only_volumes] == [shared]
    assert not any("docker.sock" in name for name in config.DockerSpawner.volumes)
    assert config.DockerSpawner.network_name == COMPOSE["networks"]["class"]["name"]
    assert config.DockerSpawner.image == hub["image"]
    assert config.JupyterHub.hub_connect_ip in COMPOSE["services"]
    assert f":{hub['environment']['COURSE_HUB_PORT']}" in hub["ports"][0]


def test_each_lesson_has_a_link_that_brings_it_and_opens_it(configured):
    page = configured().JupyterHub.template_vars["announcement_home"]
    links = [urlsplit(link) for link in re.findall(r'href="([^"]+)"', page)]
    for lesson, link in zip(lessons.LESSONS, links, strict=True):
        wanted = parse_qs(link.query)
        assert link.path == "/hub/user-redirect/git-pull" and lesson.title in page
        folder = f"lab/tree/{wanted['targetpath'][0]}/"
        opened = wanted["urlpath"][0].removeprefix(folder)
        assert (paths.ROOT / opened).is_file() and opened != wanted["urlpath"][0]


def test_unused_servers_are_stopped_by_a_service_that_may_do_no_more(configured):
    config = configured(IDLE_MINUTES="20", HOURS="3")
    (culler,), (role,) = config.JupyterHub.services, config.JupyterHub.load_roles
    assert {"--timeout=1200", "--max-age=10800"} <= set(culler["command"])
    assert role["services"] == [culler["name"]] and not any("admin" in it for it in role["scopes"])


# The image ----------------------------------------------------------------------------------------


def test_the_image_is_made_of_what_is_committed_and_of_the_lock():
    copied = re.findall(r"^COPY --from=committed /course/(\S+) ", DOCKERFILE, re.MULTILINE)
    assert copied and all((paths.ROOT / name).exists() for name in copied)
    assert "--require-hashes --requirement requirements.lock" in DOCKERFILE
    assert javascript.PROXY in DOCKERFILE
    assert (DEPLOY.parent / COMPOSE["services"]["hub"]["build"]["dockerfile"]).is_file()
    assert re.findall(r"^USER (\w+)", DOCKERFILE, re.MULTILINE) == ["student"]


# The plan -----------------------------------------------------------------------------------------


def test_the_plan_agrees_with_the_records():
    records = site_pages.drawn()
    assert {entry["lesson"] for entry in records} == set(lessons.names())
    measured = json.loads(class_plan.MEASURED.read_text(encoding="utf-8"))
    for course in class_plan.COURSES:
        need = class_plan.need(course, records)
        peak = max(entry["peak_mb"] for entry in records)
        kernels = need.online * (1 + class_plan.ALSO_OPEN)
        used = measured["hub_mb"] + need.online * measured["server_mb"] + kernels * peak
        assert 0 <= need.gigabytes - used / 1024 / (1 - class_plan.SPARE) < 1
        slowest = max(class_plan.minutes(entry, need.at_once, need.cores) for entry in records)
        assert slowest <= class_plan.WAIT
        assert need.machines * class_plan.MACHINE["GB"] >= need.gigabytes
        assert need.machines * class_plan.MACHINE["cores"] >= need.cores
        assert need.at_once <= need.online <= course.students
        assert f"| {need.gigabytes} | {need.cores} | {need.machines} |" in class_plan.plan(records)
    needs = [class_plan.need(course, records) for course in class_plan.COURSES]
    assert all(one.gigabytes < more.gigabytes for one, more in pairwise(needs))


def test_a_student_s_limit_has_room_for_two_kernels_of_the_most_demanding_lesson():
    limits = class_settings.read({"COURSE_HUB_PASSWORD": "long enough", "COURSE_HUB_REPO": "x"})
    most = max(class_plan.student_mb(entry, 2) for entry in site_pages.drawn())
    assert most <= limits["memory_gb"] * 1024
    assert math.ceil(limits["cores"]) == class_plan.REFERENCE_CORES
    assert limits["students"] == class_plan.COURSES[0].students
