"""A worker at the labeling page, as their hands and eyes have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.integration.world import World

WAIT = 60_000  # milliseconds; the machine may be busy


@dataclass(frozen=True)
class Site:
    """A running server, and the project on it."""

    url: str
    world: World


class Labeler:
    """A worker at the labeling page."""

    def __init__(self, tab: Any, site: Site) -> None:
        self.tab, self.site = tab, site
        self.faults: list[str] = []
        tab.on("pageerror", lambda error: self.faults.append(str(error)))
        tab.on("console", self._hear)

    def _hear(self, said: Any) -> None:
        # What the server refuses the browser reports too; tests look at that themselves.
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            self.faults.append(said.text)

    def open(self) -> None:
        """Go to the labeling page, and wait for the first question."""
        self.tab.goto(f"{self.site.url}/work/projects/{self.site.world.project_id}")
        self.ready()

    @property
    def frame(self) -> Any:
        """The questions that are seen."""
        return self.tab.frame_locator("#stage iframe:not(.ahead)")

    def ready(self) -> None:
        """Wait until a question can be answered, and keys reach it."""
        self.frame.locator("#progress").wait_for()
        self.frame.locator("#locked").wait_for(state="hidden")
        # Told to begin, the questions take the focus; nothing matches before the frame gets what is typed.
        self.frame.locator(":focus").wait_for()

    def at(self, number: int) -> None:
        """Wait for the question of this number."""
        self.frame.locator("#progress").get_by_text(f"{number} of 3").wait_for()

    def kept(self, answers: int) -> None:
        """Wait until the page around the questions keeps a draft with so many answers."""
        self.tab.wait_for_function(
            """([token, count]) => {
                const kept = JSON.parse(localStorage.getItem(`crowd:draft:${token}`));
                return Object.keys(kept?.draft.answers ?? {}).length === count;
            }""",
            arg=[self.token(), answers],
        )

    def told(self, text: str) -> None:
        """Wait for a notice."""
        self.tab.locator("#notices").get_by_text(text).wait_for()

    def passed(self, token: str) -> None:
        """Wait until another page than this one is seen."""
        self.tab.locator(f"#stage iframe:not(.ahead):not([src*='{token}'])").wait_for()
        self.ready()

    def token(self) -> str:
        """Tell which page is seen."""
        return str(self.tab.locator("#stage iframe:not(.ahead)").get_attribute("src")).split("/")[3]

    def ahead(self) -> str:
        """Wait for the page behind the one that is seen, and tell which it is."""
        iframe = self.tab.locator("#stage iframe.ahead")
        iframe.wait_for(state="attached")
        self.tab.frame_locator("#stage iframe.ahead").locator("#progress").wait_for(state="attached")
        return str(iframe.get_attribute("src")).split("/")[3]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.keyboard.press(key)

    def answer_page(self, *keys: str) -> None:
        """Answer all questions of a page by keyboard and hand it in."""
        for key in keys or ("1", "2", "3"):
            self.press(key)
        self.press("Enter")

    def today(self) -> str:
        return str(self.tab.locator("#today").inner_text())
