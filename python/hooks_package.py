"""Makes the package that pre-commit installs for the hooks: an empty one that depends on the program's. In Python alone and without
any other package, so that the first run of a hook waits for one download, that of the program. Follows PEP 517."""

import base64
import hashlib
import pathlib
import re
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def _project():
    """Name, version and dependency, from pyproject.toml: Python before 3.11 cannot read TOML."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tuple(re.search(pattern, text, re.M)[1] for pattern in (r'^name = "(.*)"$', r'^version = "(.*)"$', r'^dependencies = \["(.*)"\]$'))


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Writes the wheel, and returns its name."""
    name, version, dependency = _project()
    name = name.replace("-", "_")
    directory = f"{name}-{version}.dist-info"
    files = {
        f"{directory}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: {dependency}\n",
        f"{directory}/WHEEL": "Wheel-Version: 1.0\nGenerator: chartwright\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    files[f"{directory}/RECORD"] = f"{record}{directory}/RECORD,,\n"
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def build_sdist(sdist_directory, config_settings=None):
    """The hooks are installed from a clone, never from an archive."""
    raise NotImplementedError("install the hooks with pre-commit")
