"""`python -m yutan` is the command `yutan`."""

from yutan.cli import main

main()
