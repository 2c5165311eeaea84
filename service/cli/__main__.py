"""`python -m service.cli`: the tidegate command without its script."""

from service.cli import main

main()
