"""``python -m deepbelief`` is the command ``deepbelief``."""

from deepbelief.cli.main import main

if __name__ == "__main__":
    main()
