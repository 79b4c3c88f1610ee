"""A question page in its frame, with a small page around it in the place of the real one."""

from __future__ import annotations

from typing import Any

from crowd.channels import Page, Question

ORIGIN = "http://crowd.test"
WAIT = 60_000  # milliseconds; everything here is local, but the machine may be busy

HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>host</title>
<style>body{margin:0}iframe{display:block;width:100%;height:900px;border:0}</style>
<iframe sandbox="allow-scripts allow-forms" src="/frame" title="Questions"></iframe>
<script>
const inbox = [];
const inner = document.querySelector("iframe");
addEventListener("message", (event) => { if (event.source === inner.contentWindow) inbox.push(event.data); });
const send = (message) => inner.contentWindow.postMessage(message, "*");
</script>"""


def write(field: Any, text: str) -> None:
    """Write into a field of a frame, as hands do: click, look, type.

    A frame runs in a process of its own, and gets the keyboard a moment after it was clicked into: what is
    typed before goes elsewhere.
    """
    for _ in range(5):
        field.click()
        field.fill(text)
        if field.input_value() == text:
            return
    raise AssertionError(f"{text!r} does not arrive in {field}")


class Labeling:
    """A question page in its frame, and what it told the page around it."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.frame = tab.frames[-1]
        self.echoes = 0

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of one kind so far."""
        # Messages arrive in order: once this one is there, so are all before it.
        self.echoes += 1
        self.frame.evaluate("number => parent.postMessage({crowd: 'echo', number}, '*')", self.echoes)
        self.tab.wait_for_function(
            "number => inbox.some(message => message.crowd === 'echo' && message.number === number)",
            arg=self.echoes,
        )
        return [message for message in self.tab.evaluate("inbox") if message["crowd"] == kind]

    def send(self, **message: Any) -> None:
        """Tell the frame something."""
        self.tab.evaluate("message => send(message)", message)

    def done(self) -> dict[str, Any]:
        """Wait for the end of the page and return what was handed in."""
        self.tab.wait_for_function("inbox.some(message => message.crowd === 'done')")
        return self.told("done")[-1]

    def keys(self, *names: str) -> None:
        """Press keys one after another."""
        for name in names:
            self.tab.keyboard.press(name)

    def settle(self) -> None:
        """Wait for what the page put off until after the event it was told of."""
        self.frame.evaluate("new Promise((done) => setTimeout(done))")

    def find(self, selector: str) -> Any:
        """Return what a selector finds in the question on screen."""
        return self.frame.locator(f".question:not([hidden]) {selector}")

    def position(self) -> str:
        """Return where the page says one is."""
        return str(self.frame.locator("#progress").inner_text())


def make_page(
    task_type: str, payloads: list[dict[str, Any]], labels: tuple[str, ...] = (), **more: Any
) -> Page:
    """Return a page of questions of one type."""
    questions = tuple(Question(f"q{n}", f"item-{n}", payload) for n, payload in enumerate(payloads, 1))
    more.setdefault("title", "What is it?")
    return Page("token", instructions="", labels=labels, questions=questions, task_type=task_type, **more)
