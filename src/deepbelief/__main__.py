"""The command ``deepbelief``, which ``python -m deepbelief`` is too."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is being imported ends it like any later one, without a traceback."""
    try:
        from deepbelief.cli.main import main as run
    except KeyboardInterrupt:
        if sys.stderr is not None:
            print("Interrupted.", file=sys.stderr)
        sys.exit(130)  # 128 + SIGINT, what shells expect
    run()


if __name__ == "__main__":
    main()
