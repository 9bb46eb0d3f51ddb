"""`python -m twin`: the command line where the script folder is not on the path."""

import sys

from twin.cli import main

sys.exit(main())
