"""As much of a browser as a simulated worker needs: cookies, redirects, forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

SECONDS = 30


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that was loaded: where it ended up, and what it says."""

    address: str
    status: int
    text: str

    @property
    def is_fine(self) -> bool:
        """Whether the server gave what was asked for."""
        return self.status == 200

    def address_of(self, link: str) -> str:
        """Return where a link of this page leads."""
        return urljoin(self.address, link)


class Browser:
    """One person's browser on one site."""

    def __init__(self, site: str) -> None:
        self.site = site
        # A proxy named in the environment is not meant for this machine's own pages.
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor())
        self._stranger = build_opener(ProxyHandler({}))

    def get(self, address: str) -> Seen:
        """Load a page."""
        return _load(self._opener, Request(urljoin(self.site, address)))  # noqa: S310 - http and https only

    def post(self, address: str, fields: Sequence[tuple[str, str]]) -> Seen:
        """Send a form of the site itself."""
        headers = {"Origin": self.site}
        return _load(self._opener, Request(urljoin(self.site, address), _encoded(fields), headers))  # noqa: S310

    def post_from_frame(self, address: str, fields: Sequence[tuple[str, str]]) -> Seen:
        """Send a form from within a sandboxed frame: it has no origin, and no cookie goes with it."""
        return _load(self._stranger, Request(address, _encoded(fields), {"Origin": "null"}))  # noqa: S310


def _encoded(fields: Sequence[tuple[str, str]]) -> bytes:
    return urlencode(fields).encode()


def _load(opener: OpenerDirector, request: Request) -> Seen:
    if urlsplit(request.full_url).scheme not in ("http", "https"):
        raise ValueError(f"{request.full_url} is no page")
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return _seen(answer)
    except HTTPError as error:
        with error:
            return _seen(error)


def _seen(answer: HTTPResponse | HTTPError) -> Seen:
    status = answer.status or 0
    return Seen(answer.geturl() or "", status, answer.read().decode(errors="replace"))
