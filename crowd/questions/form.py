"""QuestionForm: a page described by the protocol's own widgets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from crowd.questions import content
from crowd.questions.content import Block
from crowd.questions.tree import SCHEMAS, Malformed, children, name, optional, text, truth, whole

NAMESPACES = tuple(f"{SCHEMAS}{version}/QuestionForm.xsd" for version in ("2017-11-06", "2005-10-01"))
STYLES = ("radiobutton", "checkbox", "list", "dropdown", "combobox", "multichooser")
OTHER = ".other"  # what the name of the field for words of one's own ends in
NO_FILES = (
    "FileUploadAnswer is not supported, as the protocol has no uploads since 2017; "
    "ask for an address with FreeTextAnswer"
)


@dataclass(frozen=True, slots=True)
class Format:
    """A regular expression of JavaScript that an answer has to match."""

    regex: str
    flags: str
    message: str


@dataclass(frozen=True, slots=True)
class Words:
    """An answer in words, and what it may be; None is no limit."""

    default: str = ""
    lines: int = 1
    is_number: bool = False
    least: float | None = None
    most: float | None = None
    shortest: int | None = None
    longest: int | None = None
    formats: tuple[Format, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers to choose from."""

    identifier: str
    shown: Block


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer chosen among some; `most` above 1 means several, `other` one in words."""

    options: tuple[Option, ...]
    style: str
    least: int
    most: int
    other: Words | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its answer's field."""

    identifier: str
    answer: Words | Choice
    title: str = ""
    is_required: bool = False
    shown: tuple[Block, ...] = ()

    @property
    def other(self) -> str:
        """Return the name of the field for an answer that is not among the options."""
        return self.identifier + OTHER


@dataclass(frozen=True, slots=True)
class Form:
    """Questions and what stands between them, in their order."""

    parts: tuple[Asked | tuple[Block, ...], ...]
    questions: dict[str, Asked] = field(default_factory=dict)


def read(root: Element) -> Form:
    """Return the form in a document whose root is a QuestionForm."""
    children(root, "Overview|Question+")
    parts = tuple(content.read(child) if name(child) == "Overview" else _question(child) for child in root)
    asked = [part for part in parts if isinstance(part, Asked)]
    if not asked:
        raise Malformed("Element QuestionForm holds no Question")
    counts = Counter(each for question in asked for each in (question.identifier, question.other))
    if repeated := [each for each, count in counts.items() if count > 1]:
        raise Malformed(f"QuestionIdentifier {repeated[0]!r} is there twice")
    return Form(parts, {question.identifier: question for question in asked})


def _question(element: Element) -> Asked:
    shape = "QuestionIdentifier DisplayName? IsRequired? QuestionContent AnswerSpecification"
    found = children(element, shape)
    identifier = text(found["QuestionIdentifier"][0])
    if not identifier.strip():
        raise Malformed("Element QuestionIdentifier is empty")
    specification = found["AnswerSpecification"][0]
    kinds = children(specification, "FreeTextAnswer|SelectionAnswer|FileUploadAnswer")
    if "FileUploadAnswer" in kinds:
        raise Malformed(NO_FILES)
    inner = specification[0]
    return Asked(
        identifier,
        _words(inner) if "FreeTextAnswer" in kinds else _choice(inner),
        title=optional(found, "DisplayName") or "",
        is_required=truth(element, optional(found, "IsRequired")),
        shown=content.read(found["QuestionContent"][0]),
    )


def _words(element: Element) -> Words:
    found = children(element, "Constraints? DefaultText? NumberOfLinesSuggestion?")
    limits = {}
    if "Constraints" in found:
        limits = _constraints(found["Constraints"][0])
    return Words(
        default=optional(found, "DefaultText") or "",
        lines=whole(element, optional(found, "NumberOfLinesSuggestion")) or 1,
        is_number="is_number" in limits,
        least=limits.get("least"),
        most=limits.get("most"),
        shortest=_count(limits.get("shortest")),
        longest=_count(limits.get("longest")),
        formats=tuple(_format(each) for each in element.iter() if name(each) == "AnswerFormatRegex"),
    )


def _constraints(element: Element) -> dict[str, float]:
    found = children(element, "IsNumeric|Length|AnswerFormatRegex*")
    limits: dict[str, float] = {}
    for each in found.get("IsNumeric", ()):
        limits |= {"is_number": 1.0, **_limits(each, least="minValue", most="maxValue")}
    for each in found.get("Length", ()):
        limits |= _limits(each, shortest="minLength", longest="maxLength")
    return limits


def _limits(element: Element, **attributes: str) -> dict[str, float]:
    given = {key: element.get(attribute) for key, attribute in attributes.items()}
    try:
        return {key: float(value) for key, value in given.items() if value is not None}
    except ValueError as error:
        raise Malformed(f"Element {name(element)} has a limit that is no number") from error


def _count(limit: float | None) -> int | None:
    return None if limit is None else int(limit)


def _format(element: Element) -> Format:
    if not (regex := element.get("regex")):
        raise Malformed("Element AnswerFormatRegex has no attribute regex")
    return Format(
        regex, element.get("flags", ""), element.get("errorText", "The answer has the wrong format.")
    )


def _choice(element: Element) -> Choice:
    found = children(element, "MinSelectionCount? MaxSelectionCount? StyleSuggestion? Selections")
    selections = children(found["Selections"][0], "Selection+ OtherSelection?")
    options = tuple(_option(each) for each in selections["Selection"])
    if len({option.identifier for option in options}) < len(options):
        raise Malformed("A SelectionIdentifier is there twice in one question")
    style = (optional(found, "StyleSuggestion") or "").strip()
    if style and style not in STYLES:
        raise Malformed(f"StyleSuggestion {style!r} must be one of {', '.join(STYLES)}")
    most = whole(element, optional(found, "MaxSelectionCount"))
    if most is None:  # what a style offers by its nature, where no number is given
        most = len(options) if style in ("checkbox", "multichooser") else 1
    least = whole(element, optional(found, "MinSelectionCount")) or 0
    if not least <= most <= len(options) + 1:
        raise Malformed(f"{least} to {most} selections cannot be made among {len(options)}")
    other = _words(selections["OtherSelection"][0]) if "OtherSelection" in selections else None
    return Choice(options, style or ("checkbox" if most > 1 else "radiobutton"), least, most, other)


def _option(element: Element) -> Option:
    found = children(element, "SelectionIdentifier Text|FormattedContent|Binary|EmbeddedBinary")
    identifier = text(found["SelectionIdentifier"][0])
    if not identifier.strip():
        raise Malformed("Element SelectionIdentifier is empty")
    return Option(identifier, content.block(element[1]))
