"""`python -m blockstudio`, the same as the `blockstudio` command."""

from blockstudio.cli import main

if __name__ == "__main__":
    main()
