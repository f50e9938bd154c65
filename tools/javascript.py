"""The JavaScript of slides and site, and the hub's proxy: from npm, by exact version, into build."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "npm"
PACKAGES = {
    "@jupyter-widgets/html-manager": "1.0.15",  # draws the saved widgets
    "axe-core": "4.14.1",  # tests only: what somebody with a screen reader would stumble over
    "mathjax": "3.2.2",  # formulas
    "onnxruntime-web": "1.30.0",  # runs the networks in the browser
    "requirejs": "2.3.8",  # loads the widgets
    "reveal.js": "4.6.1",  # slides; nbconvert's page does not fit later ones
}
PROXY = "configurable-http-proxy@5.3.0"  # in front of JupyterHub; deploy/Dockerfile has it, too
SCRIPTS = {  # name in a page's folder: file in the package
    "embed-amd.js": "@jupyter-widgets/html-manager/dist/embed-amd.js",
    "mathjax.js": "mathjax/es5/tex-svg-full.js",
    "require.js": "requirejs/require.js",
}


def packages() -> Path:
    """The folder with all of PACKAGES, fetched once; RuntimeError without npm or network."""
    stamp = FOLDER / "fetched.json"
    if stamp.exists() and json.loads(stamp.read_text()) == PACKAGES:
        return FOLDER
    npm = _npm()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    packed = json.loads(_run([npm, "pack", "--json", *wanted], FOLDER))
    for entry in packed.values() if isinstance(packed, dict) else packed:
        archive = FOLDER / Path(entry["filename"]).name
        _unpack(archive, FOLDER / entry["name"])
        archive.unlink()
    stamp.write_text(json.dumps(PACKAGES))
    return FOLDER


def proxy() -> Path:
    """The folder with the command configurable-http-proxy, fetched once; RuntimeError without npm."""
    folder = FOLDER.parent / PROXY.replace("@", "-")
    commands = folder / "node_modules" / ".bin"
    if not (commands / PROXY.split("@")[0]).exists():
        _run([_npm(), "install", "--no-audit", "--no-fund", "--prefix", str(folder), PROXY])
    return commands


def _unpack(archive: Path, folder: Path) -> None:
    """The files of an npm archive, all of which lie in its `package/`, into `folder` and nowhere else.

    (`extractall(filter=)` came with Python 3.11.4.)
    """
    with tarfile.open(archive) as tar:
        for member in filter(tarfile.TarInfo.isfile, tar):
            target = (folder / member.name.removeprefix("package/")).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise RuntimeError(f"{archive.name} would write outside its folder: {member.name}.")
            _made(target).write_bytes(tar.extractfile(member).read())


def copy_scripts(target: Path) -> None:
    """Copy SCRIPTS into the folder `target`."""
    for name, file in SCRIPTS.items():
        shutil.copy(packages() / file, _made(target / name))


def _npm() -> str:
    if npm := shutil.which("npm"):
        return npm
    raise RuntimeError("npm is missing: install Node.js, the JavaScript comes with it.")


def _run(command: list[str], folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm could not fetch the JavaScript: {done.stderr[-600:]}")
    return done.stdout


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
