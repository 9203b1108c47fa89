"""Finds the binary of the mock."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

_NAME = "mock-server.exe" if sys.platform == "win32" else "mock-server"


def find_binary() -> str:
    """Return the path of the binary.

    It is the one that DEFENTRY_MOCK_BINARY names, or the one of this package, or the one on PATH.

    Raises:
        FileNotFoundError: There is none; the message says what to do.

    """
    if named := os.environ.get("DEFENTRY_MOCK_BINARY"):
        if Path(named).is_file():
            return named
        message = f"DEFENTRY_MOCK_BINARY names {named}, and no file is there"
        raise FileNotFoundError(message)
    for folder in _script_folders():
        if (folder / _NAME).is_file():
            return str(folder / _NAME)
    if found := shutil.which("mock-server"):
        return found
    message = (
        "no mock-server was found: install defentry-mock from a wheel for this platform, put mock-server on PATH, let "
        "DEFENTRY_MOCK_BINARY name it, or let DEFENTRY_BASE_URL name a mock that runs"
    )
    raise FileNotFoundError(message)


def _script_folders() -> list[Path]:
    """Return where an installer puts the scripts of a package: of this environment, of the user, of `--target`."""
    package = Path(__file__).resolve().parent
    return [
        Path(sysconfig.get_path("scripts")),
        Path(sysconfig.get_path("scripts", scheme=sysconfig.get_preferred_scheme("user"))),
        package.parent / "bin",
    ]
