"""QuestionForm: every widget is read, and nothing harmful comes out of its markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from crowd.questions import Malformed, read_form
from crowd.questions.content import Block
from crowd.questions.form import NAMESPACES, STYLES, Choice, Format, Words
from crowd.questions.formatted import KEPT, safe
from tests.payloads import PAYLOADS


def form(body: str, namespace: str = NAMESPACES[0]) -> str:
    return f'<QuestionForm xmlns="{namespace}">{body}</QuestionForm>'


def question(answer: str, content: str = "<Text>?</Text>", identifier: str = "q", more: str = "") -> str:
    return (
        f"<Question><QuestionIdentifier>{identifier}</QuestionIdentifier>{more}"
        f"<QuestionContent>{content}</QuestionContent>"
        f"<AnswerSpecification>{answer}</AnswerSpecification></Question>"
    )


def choice(inside: str = "", *, options: str = "ab", other: str = "") -> str:
    listed = "".join(
        f"<Selection><SelectionIdentifier>{each}</SelectionIdentifier><Text>{each}!</Text></Selection>"
        for each in options
    )
    return f"<SelectionAnswer>{inside}<Selections>{listed}{other}</Selections></SelectionAnswer>"


WORDS = "<FreeTextAnswer/>"


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_content_of_every_kind_is_read(namespace: str):
    picture = (
        "<Binary><MimeType><Type>image</Type><SubType>gif</SubType></MimeType>"
        "<DataURL>https://example.org/a.gif</DataURL><AltText>A cat</AltText></Binary>"
    )
    sound = (
        "<EmbeddedBinary><EmbeddedMimeType><Type>audio</Type></EmbeddedMimeType><DataURL>https://a.org/</DataURL>"
        "<AltText/><Width>1</Width><Height>1</Height></EmbeddedBinary>"
    )
    listed = "<List><ListItem>one</ListItem><ListItem>two</ListItem></List>"
    rich = "<FormattedContent><![CDATA[<b>bold</b>]]></FormattedContent>"
    shown = f"<Title>T</Title><Text>a\nb</Text>{listed}{picture}{sound}{rich}"
    found = read_form(form(f"<Overview>{shown}</Overview>{question(WORDS)}", namespace))
    assert found.parts[0] == (
        Block("title", "T"),
        Block("text", "a\nb"),
        Block("list", items=("one", "two")),
        Block("image", "https://example.org/a.gif", description="A cat"),
        Block("audio", "https://a.org/"),
        Block("html", "<b>bold</b>"),
    )
    assert found.questions["q"].answer == Words()


def test_words_have_limits_formats_and_a_default():
    limits = (
        '<Constraints><IsNumeric minValue="1.5"/><Length maxLength="4"/>'
        '<AnswerFormatRegex regex="^a" errorText="Begin with a." flags="i"/></Constraints>'
    )
    answer = (
        f"<FreeTextAnswer>{limits}<DefaultText>x</DefaultText>"
        "<NumberOfLinesSuggestion>3</NumberOfLinesSuggestion></FreeTextAnswer>"
    )
    found = read_form(form(question(answer, more="<IsRequired>true</IsRequired>"))).questions["q"]
    assert found.is_required
    assert found.answer == Words(
        "x", 3, is_number=True, least=1.5, longest=4, formats=(Format("^a", "i", "Begin with a."),)
    )


@pytest.mark.parametrize("style", STYLES)
def test_selections_come_in_every_style(style: str):
    answer = choice(f"<StyleSuggestion>{style}</StyleSuggestion>", other="<OtherSelection/>")
    found = read_form(form(question(answer))).questions["q"].answer
    assert isinstance(found, Choice)
    assert (found.style, found.most) == (style, 2 if style in ("checkbox", "multichooser") else 1)
    assert [option.identifier for option in found.options] == ["a", "b"]
    assert found.other == Words()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "holds nothing"),
        ("<Overview><Text>x</Text></Overview>", "holds no Question"),
        (question(WORDS) * 2, "'q' is there twice"),
        (question(WORDS) + question(WORDS, identifier="q.other"), "'q.other' is there twice"),
        (question(WORDS, identifier=" "), "QuestionIdentifier is empty"),
        (question("<FileUploadAnswer/>"), "FileUploadAnswer is not supported"),
        (question(WORDS, "<Application><Flash/></Application>"), "Flash do not run"),
        (question(WORDS, "<Video>x</Video>"), "QuestionContent holds Video"),
        (question(choice(options="aa")), "is there twice in one question"),
        (question(choice("<StyleSuggestion>knob</StyleSuggestion>")), "'knob' must be one of"),
        (question(choice("<MinSelectionCount>3</MinSelectionCount>")), "3 to 1 selections"),
        (question(choice("<MaxSelectionCount>9</MaxSelectionCount>")), "0 to 9 selections"),
        (question("<FreeTextAnswer>x</FreeTextAnswer>"), "must hold elements only"),
        (question(WORDS, more="<IsRequired>yes</IsRequired>"), "neither true nor false"),
        (
            question('<FreeTextAnswer><Constraints><Length maxLength="x"/></Constraints></FreeTextAnswer>'),
            "limit that is no number",
        ),
        (
            question(
                WORDS,
                "<Binary><MimeType><Type>image</Type></MimeType><DataURL>javascript:x</DataURL><AltText/></Binary>",
            ),
            "must begin with https://",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(body: str, said: str):
    with pytest.raises(Malformed, match="error parsing the XML") as caught:
        read_form(form(body))
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("AT&T <b>bold", "AT&amp;T <b>bold</b>"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("a<br/>b<hr>c", "a<br>b<hr>c"),
        ("<script>x</script>y<style>z</style>", "y"),
        ("<iframe src='https://a.org'>x</iframe>y", "y"),
        ("<p onclick='x' style='y'>z</p></div>", "<p>z</p>"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
        ("<a href='javascript:x'>y</a>", '<a target="_blank" rel="noopener noreferrer">y</a>'),
        ('<img src=" https://a.org/b?c&amp;d ">', '<img src="https://a.org/b?c&amp;d" alt="">'),
        ("<form action='https://a.org'><input name=x>y</form>", "y"),
        ("<!-- x --><?php x ?><![CDATA[x]]>y", "y"),
    ],
)
def test_markup_keeps_what_is_harmless(markup: str, shown: str):
    assert safe(markup) == shown


class Seen(HTMLParser):
    """Everything in a piece of markup that could act."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize("harm", PAYLOADS)
def test_no_harmful_text_survives_as_markup(harm: str):
    seen = Seen(safe(harm))
    assert seen.tags <= KEPT
    for name, value in seen.attributes:
        assert not name.startswith(("on", "style"))
        assert name not in ("src", "href") or (value or "").startswith(("https://", "http://"))
