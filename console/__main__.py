"""`python -m console`: the same as the `steppewatch` command."""

from console.cli import main

if __name__ == "__main__":
    main()
