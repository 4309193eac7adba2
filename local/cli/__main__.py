"""`python -m local.cli` is `klingway`."""

from local.cli.main import main

main(prog_name="klingway")
