"""The entry point of `python -m bot` and of the console script."""

import sys


def main():  # type: ignore[no-untyped-def] # noqa: ANN201 - an old Python reads this file too
    """Say clearly that a Python is too old, before anything is imported that it cannot parse."""
    if sys.version_info < (3, 11):  # noqa: UP036 - that is what this file is for
        have = ".".join(str(number) for number in sys.version_info[:2])
        sys.stderr.write("Broadsheet needs Python 3.11 or newer; this is Python " + have + ".\n")
        sys.exit(2)
    from bot.cli.main import main as door  # noqa: PLC0415 - only now

    door()


if __name__ == "__main__":
    main()  # type: ignore[no-untyped-call]
