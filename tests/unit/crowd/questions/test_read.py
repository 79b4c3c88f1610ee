"""Questions as programs send them: taken as they are, or refused with the protocol's words."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from crowd.questions import MOST_BYTES, Malformed, read
from crowd.questions.external import NAMESPACE as EXTERNAL
from crowd.questions.html import NAMESPACE as HTML
from crowd.questions.html import envelope


def html(
    page: str = "<p>Hi</p>", namespace: str = HTML, height: str = "<FrameHeight>450</FrameHeight>"
) -> str:
    content = f"<HTMLContent><![CDATA[{page}]]></HTMLContent>"
    return f'<HTMLQuestion xmlns="{namespace}">{content}{height}</HTMLQuestion>'


def external(url: str, namespace: str = EXTERNAL) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ExternalQuestion xmlns="{namespace}">'
        f"<ExternalURL>{escape(url)}</ExternalURL><FrameHeight>0</FrameHeight></ExternalQuestion>"
    )


def refusal(xml: str) -> str:
    with pytest.raises(Malformed) as caught:
        read(xml)
    return caught.value.message


def test_an_html_question_is_its_page_and_its_height():
    question = read(html("<p>A & B ☃</p>"))
    assert (question.kind, question.html, question.frame_height) == ("html", "<p>A & B ☃</p>", 450)


def test_a_page_may_end_a_cdata_section():
    page = "<script>if (a[b[0]]>1) x()</script>]]>"
    assert read(envelope(page, 0)).html == page


def test_an_external_question_is_an_address():
    question = read(external("https://example.org/t?u=1&k=2"))
    assert (question.kind, question.url) == ("external", "https://example.org/t?u=1&k=2")


@pytest.mark.contract(9)
@pytest.mark.parametrize("letter", ["x", "é", "☃", "👋"])
def test_a_question_has_65535_bytes_at_most_in_utf_8(letter: str):
    def of_size(size: int) -> str:
        room = size - len(html("").encode())
        width = len(letter.encode())
        return html("x" * (room % width) + letter * (room // width))

    assert len(of_size(MOST_BYTES).encode()) == MOST_BYTES
    assert read(of_size(MOST_BYTES)).kind == "html"
    assert "65536 bytes" in refusal(of_size(MOST_BYTES + 1))


@pytest.mark.contract(10)
@pytest.mark.parametrize(
    "xml",
    [
        external("https://example.org/").replace("org/", "org/?a=1&tx=2"),
        "",
        "just text",
        "<a><b></a>",
        html().replace("</HTMLQuestion>", ""),
        html("\x00"),
        "\ud800",
        '<!DOCTYPE a [<!ENTITY b "c">]>' + html(),
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">' + html(),
    ],
)
def test_malformed_xml_is_told_so(xml: str):
    assert "error parsing the XML" in refusal(xml)


@pytest.mark.contract(11)
@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "http://localhost:8000/",
        "//example.org/",
        "example.org",
        "https://",
        "https://example.org:port/",
        "https://[::1/",
        "https://example.org/a b",
        "https://example.org/\ta",
        "javascript:alert(1)",
        "ftp://example.org/",
    ],
)
def test_an_external_address_begins_with_https(url: str):
    assert "ExternalURL" in refusal(external(url))


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:80"])
def test_a_sandbox_may_take_pages_of_its_own_machine(host: str):
    assert read(external(f"http://{host}/x"), loopback_http=True).url == f"http://{host}/x"
    with pytest.raises(Malformed):
        read(external("http://example.org/"), loopback_http=True)


@pytest.mark.contract(11)
@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (html(namespace="http://example.org/"), "is in the namespace 'http://example.org/'"),
        (html(namespace=EXTERNAL), "is in the namespace"),
        (external("https://a.org/", namespace=HTML), "is in the namespace"),
        ("<HTMLQuestion><HTMLContent>x</HTMLContent></HTMLQuestion>", "is in the namespace ''"),
        (html().replace("HTMLQuestion", "Question"), "The root element is Question"),
        (html(height=""), "holds HTMLContent; it must hold HTMLContent FrameHeight"),
        (html(height="<FrameHeight>-1</FrameHeight>"), "not a whole number"),
        (html(height="<FrameHeight></FrameHeight>"), "not a whole number"),
        (html(height="<FrameHeight>1</FrameHeight><Extra/>"), "FrameHeight, Extra"),
        (html(height="and <FrameHeight>1</FrameHeight>"), "must hold elements only"),
        (html(height='<FrameHeight xmlns="urn:x">1</FrameHeight>'), "wrong namespace"),
        (html(" \n"), "HTMLContent is empty"),
        (html().replace("<![CDATA[", "").replace("]]>", ""), "put markup into a CDATA section"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(xml: str, said: str):
    assert said in refusal(xml)
