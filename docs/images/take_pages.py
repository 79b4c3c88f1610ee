"""Take the pictures of the labeling pages in docs/reference/task-types.md.

    python docs/images/take_pages.py docs/images

Needs Chromium on the PATH, and the checkout's folder on PYTHONPATH for the samples of the browser tests.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from crowd.rendering import frame
from tests.acceptance.browser.samples import PAGES

WIDE, PHONE = (960, 600), (390, 720)
MARK = (
    "ArrowRight",
    "Shift+ArrowRight",
    "1",
    *["ArrowRight"] * 3,
    "Shift+ArrowRight",
    "1",
    "3",
    *["ArrowRight"] * 2,
)
DRAW = ("n", *["ArrowLeft"] * 25, *["ArrowUp"] * 8, *["Shift+ArrowDown"] * 3, "Escape")
# By type: the size, the colours, and the keys pressed before.
PICTURES: dict[str, tuple[tuple[int, int], str, tuple[str, ...]]] = {
    "choice": (WIDE, "light", ("ArrowDown",)),
    "spans": (WIDE, "light", (*MARK, "2")),
    "boxes": (PHONE, "dark", DRAW),
}


def take(browser: Browser, name: str, folder: Path) -> None:
    """Write one picture as PNG."""
    (width, height), colours, keys = PICTURES[name]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colours)
    tab = context.new_page()
    # Not every machine has a font with emoji.
    tab.set_content(frame(PAGES[name](), nonce="picture", host="").replace(r"\ud83d\udc4b\ud83c\udffd ", ""))
    tab.wait_for_timeout(500)  # until the pictures in it are there
    tab.evaluate("(crowd.type.focus?.(crowd.current()) || document.body).focus()")
    for key in keys:
        tab.keyboard.press(key)
    tab.evaluate("scrollTo(0, 0)")
    tab.screenshot(path=folder / f"page-{name}.png", full_page=True)
    context.close()


def main(folder: Path) -> None:
    """Take all pictures."""
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, and the pages are our own.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in PICTURES:
            take(browser, name, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
