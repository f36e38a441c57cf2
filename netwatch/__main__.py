"""`python -m netwatch`."""

from netwatch.cli import main

main()
