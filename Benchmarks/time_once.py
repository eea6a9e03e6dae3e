#!/usr/bin/env python3
"""Prints how many milliseconds a command line takes; its output goes nowhere. Its exit status is that of the command."""

import subprocess
import sys
import time

start = time.monotonic()
process = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False)
print((time.monotonic() - start) * 1000)
sys.exit(process.returncode)
