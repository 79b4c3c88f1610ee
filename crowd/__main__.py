"""`python -m crowd` is the command `crowd`."""

from crowd.cli import main

if __name__ == "__main__":
    main()
