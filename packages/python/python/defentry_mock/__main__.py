"""``python -m defentry_mock`` is the binary ``mock-server``."""

import os
import subprocess
import sys

from ._find import find_binary


def main() -> None:
    """Run the binary with the arguments of this process, and end as it ends."""
    try:
        command = [find_binary(), *sys.argv[1:]]
    except FileNotFoundError as error:
        sys.exit(f"error: {error}")
    if sys.platform == "win32":
        # Windows cannot replace a process; Ctrl-C reaches both, and the server ends in order.
        with subprocess.Popen(command) as process:
            while True:
                try:
                    sys.exit(process.wait())
                except KeyboardInterrupt:
                    continue
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
