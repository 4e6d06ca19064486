"""Prints how well fraud is told, as measured on a town of known truth, on SQLite.

python -m tests.referrals.precision [SEED] [SIZE]
"""

import os
import subprocess
import sys
import tempfile

# The settings are read on import, so whoever reads them is started afterwards.
PROGRAM = """
import django; django.setup()
from tests.referrals.precision.table import main; main()
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": directory,
            "LOG_LEVEL": "ERROR",
            "DATABASE_URL": f"sqlite:///{directory}/perennial.sqlite3",
        }
        command = [sys.executable, "-c", PROGRAM, *sys.argv[1:]]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
