"""What the browser is told to keep a requester's page from doing."""

from __future__ import annotations

# Without an origin of its own a page reaches neither our pages nor our cookies. Its windows are free of
# that again, for they are what a worker opens to look something up.
SANDBOX = "allow-scripts allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox"
_OF_HTML = (
    "sandbox {sandbox}; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' https: blob: {files}; "
    "style-src 'unsafe-inline' https: {files}; img-src https: data: blob:; media-src https: data: blob:; "
    "font-src https: data:; connect-src https: data: blob:; frame-src https:; worker-src blob:; "
    "form-action {submit}; base-uri 'none'; frame-ancestors 'self'"
)
_OF_FORM = (
    "sandbox {sandbox}; default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; "
    "img-src https:; media-src https:; form-action {submit}; base-uri 'none'; frame-ancestors 'self'"
)


def of_html(*, files: str, submit: str) -> str:
    """Return the policy of a page of HTML.

    Args:
        files: the folder of our scripts, as an address that ends with a slash.
        submit: where its form may post to, and nowhere else.
    """
    return _OF_HTML.format(sandbox=SANDBOX, files=files, submit=submit)


def of_form(*, nonce: str, submit: str) -> str:
    """Return the policy of a QuestionForm, which has only our own script, with this nonce."""
    return _OF_FORM.format(sandbox=SANDBOX, nonce=nonce, submit=submit)
