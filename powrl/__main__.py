"""``python -m powrl``."""

from .cli.main import main

main()
