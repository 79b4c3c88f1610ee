"""Row numbers in paths, within what a database can hold."""

from __future__ import annotations

from werkzeug.routing import IntegerConverter, Map


class Id(IntegerConverter):
    """The number of a row; a larger one than any row can have leads nowhere."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=2**63 - 1)
