"""JupyterHub for a class; docs/class.md goes through it, class_settings.py lists what can be set.

jupyterhub --config deploy/jupyterhub_config.py
"""

import math
import os
import shutil
import sys
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parent))
import class_settings

from course_utils import lessons

c = get_config()  # noqa: F821
try:
    setting = class_settings.read(os.environ)
except ValueError as error:
    sys.exit(str(error))
in_docker = setting["spawner"] == "docker"
limit = int(setting["memory_gb"] * 1024**3)
idle = int(setting["idle_minutes"] * 60)
COPY = "image-to-image"  # the folder in a student's home that nbgitpuller fills

# The hub
setting["state"].mkdir(parents=True, exist_ok=True)
c.JupyterHub.db_url = f"sqlite:///{setting['state']}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{setting['state']}/cookie_secret"
c.ConfigurableHTTPProxy.pid_file = f"{setting['state']}/proxy.pid"
c.JupyterHub.ip = "" if in_docker else "127.0.0.1"
c.JupyterHub.port = int(setting["port"])
c.JupyterHub.active_server_limit = int(setting["students"])
if setting["tls"]:
    c.JupyterHub.ssl_cert = f"{setting['tls']}/cert.pem"
    c.JupyterHub.ssl_key = f"{setting['tls']}/key.pem"

# Who may come in: whoever knows the password, under a name of their own
c.JupyterHub.authenticator_class = "shared-password"
c.Authenticator.allow_all = True
c.Authenticator.username_pattern = r"[a-z][a-z0-9]{0,30}$"  # it names a folder
c.SharedPasswordAuthenticator.user_password = setting["password"]
if setting["admin_password"]:
    c.Authenticator.admin_users = {"instructor"}
    c.SharedPasswordAuthenticator.admin_password = setting["admin_password"]


# What they see first: a link for each lesson, which brings its newest version into their home
def link(lesson) -> str:
    page = f"lab/tree/{COPY}/notebooks/{lesson.name}.ipynb"
    query = urlencode({"repo": setting["repo"], "targetpath": COPY, "urlpath": page})
    return f'<a href="/hub/user-redirect/git-pull?{query}">{lesson.title}</a>'


c.JupyterHub.redirect_to_server = False
c.JupyterHub.default_url = "/hub/home"
about = "A link brings the newest version of a lesson into your home, and opens it."
page = "<br>".join([about, *map(link, lessons.LESSONS)])
c.JupyterHub.template_vars = {"announcement_home": page}

# What a student's server is, and may use
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = [
    "--LabApp.news_url=None",
    "--LabApp.extension_manager=readonly",
    f"--MappingKernelManager.cull_idle_timeout={idle}",  # kernels of closed pages, too
]
c.Spawner.default_url = "/lab"
c.Spawner.mem_limit = limit
c.Spawner.cpu_limit = setting["cores"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 120  # thirty start at the same minute
threads = str(math.ceil(setting["cores"]))
c.Spawner.environment = {
    "COURSE_DATA": str(setting["data"]),
    "OMP_NUM_THREADS": threads,
    "TF_NUM_INTRAOP_THREADS": threads,
    "PYTHONPATH": lambda spawner: f"{getattr(spawner, 'home_dir', '/home/student')}/{COPY}",
}
if in_docker:  # the kernel holds each container to its limits
    c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
    c.JupyterHub.hub_ip = "0.0.0.0"  # within the network of the class
    c.JupyterHub.hub_connect_ip = "hub"
    c.DockerSpawner.image = c.DockerSpawner.network_name = "image-to-image"
    c.DockerSpawner.volumes = {"image-to-image-{username}": "/home/student"}
    c.DockerSpawner.read_only_volumes = {"image-to-image-data": str(setting["data"])}
    c.DockerSpawner.extra_host_config = {"pids_limit": 1000}
    c.DockerSpawner.remove = True
else:  # one computer: all students are its one user, and each process has a limit of its own
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = f"{setting['state']}/homes/{{username}}"
    if shutil.which("prlimit"):
        c.Spawner.cmd = ["prlimit", f"--data={limit}", *c.Spawner.cmd]
    else:
        print("prlimit is missing (macOS has none): nothing limits a student's memory.")
    if os.geteuid() == 0:
        c.Spawner.args += ["--allow-root"]

# Who is away gives memory back
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [
            *(sys.executable, "-m", "jupyterhub_idle_culler"),
            f"--timeout={idle}",
            f"--max-age={int(setting['hours'] * 3600)}",
        ],
    }
]
scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
c.JupyterHub.load_roles = [
    {"name": "idle-culler", "scopes": scopes, "services": ["idle-culler"]},
]
