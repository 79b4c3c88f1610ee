"""Play the week again and write down what happened: `.venv/bin/python docs/act_a_week.py`."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))

from crowd import migrations  # noqa: E402
from crowd.db import connect  # noqa: E402
from crowd.trials import story  # noqa: E402

PAGE = FOLDER / "explanation/a-week.md"
ACTED = re.compile(r"(<!-- acted -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Act the week out in a database of its own, and put its report into the page."""
    with tempfile.TemporaryDirectory() as folder:
        database = connect(f"sqlite:///{Path(folder) / 'week.db'}")
        migrations.prepare(database)
        report = story.report(story.act(database))
        database.dispose()
    page = PAGE.read_text()
    PAGE.write_text(ACTED.sub(lambda found: f"{found[1]}{report}{found[2]}", page))


if __name__ == "__main__":
    main()
