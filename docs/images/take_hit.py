"""Take the picture in docs/tutorial-mturk.md: a program's HIT as a worker meets it, in a sandbox.

    python docs/images/take_hit.py docs/images

Needs Chromium, or Google Chrome, on the PATH.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
from playwright.sync_api import Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 960, "height": 640}
NAMESPACE = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2011-11-11/HTMLQuestion.xsd"
# As thousands of templates were written, Amazon's script included.
PAGE = """<!DOCTYPE html><html><body>
<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<crowd-form answer-format="flatten-objects">
  <crowd-classifier name="likes" categories="['Positive', 'Negative', 'Neither']"
                    header="What does the writer think of the phone?">
    <classification-target>“The battery holds for two days even with the screen on full. I charge it on
    Sundays and Wednesdays.”</classification-target>
    <full-instructions header="How to judge">Go by the whole review.</full-instructions>
    <short-instructions>Choose what the review says of the phone as a whole.</short-instructions>
  </crowd-classifier>
</crowd-form></body></html>"""


def main(folder: Path) -> None:
    """Post a HIT, accept it in a browser, and take the picture."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        sys.exit(f"none of {', '.join(BROWSERS)} is on the PATH")
    with sandbox() as (endpoint, entrance), sync_playwright() as playwright:
        post(endpoint)
        # Chromium refuses its sandbox to root, and the page is our own.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = browser.new_page(viewport=SIZE, color_scheme="light")
        accept(tab, entrance)
        tab.screenshot(path=folder / "hit.png")
        browser.close()


@contextmanager
def sandbox() -> Iterator[tuple[str, str]]:
    """Run a sandbox on a free port; yield its endpoint, and the link for who works by hand."""
    command = [sys.executable, "-m", "crowd", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        said = ""
        while "_admin" not in said:
            said += process.stdout.readline()
        yield found(r"ENDPOINT_URL_MTURK=(\S+)", said), found(r"work by hand +(\S+)", said)
        process.terminate()


def found(pattern: str, text: str) -> str:
    """Return what the pattern's group holds."""
    match = re.search(pattern, text)
    assert match is not None
    return match[1]


def post(endpoint: str) -> None:
    """Make one HIT, as any program does."""
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    client = boto3.client("mturk", endpoint_url=endpoint, region_name="us-east-1", **keys)
    client.create_hit(
        Title="What does a review say?",
        Description="Read one review of a phone and choose",
        Keywords="review, sentiment",
        Reward="0.05",
        MaxAssignments=3,
        LifetimeInSeconds=86_400,
        AssignmentDurationInSeconds=600,
        Question=f'<HTMLQuestion xmlns="{NAMESPACE}"><HTMLContent><![CDATA[{PAGE}]]></HTMLContent>'
        "<FrameHeight>0</FrameHeight></HTMLQuestion>",
    )


def accept(tab: Page, entrance: str) -> None:
    """Go in by the link, and take the HIT."""
    tab.goto(entrance)
    tab.get_by_role("button", name="Start working").click()
    tab.get_by_role("button", name="Accept").click()
    tab.frame_locator("iframe").get_by_text("Positive").click()
    tab.wait_for_timeout(500)  # until the frame has its height


if __name__ == "__main__":
    main(Path(sys.argv[1]))
