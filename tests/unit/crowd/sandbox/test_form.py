"""Pages are read as a worker sees them: what is asked, and what may be answered."""

from __future__ import annotations

from crowd.sandbox import form
from crowd.sandbox.form import Field


def only(html: str) -> dict[str, Field]:
    (found,) = form.read(html).forms
    return found.fields


def test_options_of_one_name_are_one_question_with_what_stands_before_it():
    fields = only("""
        <h1>Reviews</h1><form><p>Is <b>it</b> positive?</p>
        <label><input type="radio" name="q1" value="yes"> Yes</label>
        <label><input type="radio" name="q1" value="no"> No</label>
        <p>And this?</p><img src="/cat.png">
        <input type="radio" name="q2" value="yes" id="y"><label for="y">Yes</label>
        <input type="radio" name="q2" value="no"> No
        <p>Why?</p><textarea name="why">because</textarea></form>
    """)
    assert [(each.name, each.kind, each.options) for each in fields.values()] == [
        ("q1", "one", ["yes", "no"]),
        ("q2", "one", ["yes", "no"]),
        ("why", "text", []),
    ]
    assert [each.asked for each in fields.values()] == [
        "Reviews Is it positive?",
        "And this? /cat.png",
        "Why?",
    ]


def test_menus_boxes_and_numbers_are_read():
    fields = only("""<form>
        <select name="size"><option value="">choose<option>small<option value="L">large</select>
        <select name="several" multiple><option>a</option><option>b</option></select>
        <input type="checkbox" name="seen"><input type="checkbox" name="tags" value="x">
        <input type="checkbox" name="tags" value="y"><input type="number" name="age" min="1" max="9">
    </form>""")
    assert fields["size"].options == ["small", "L"]
    assert (fields["several"].kind, fields["several"].options) == ("many", ["a", "b"])
    assert (fields["seen"].options, fields["tags"].options) == (["on"], ["x", "y"])
    assert (fields["age"].kind, fields["age"].least, fields["age"].most) == ("number", 1.0, 9.0)


def test_what_is_hidden_is_sent_as_it_is_and_buttons_are_not():
    (found,) = form.read("""<form action="/go">
        <input type="hidden" name="assignmentId" value="A1"><input type="submit" name="send" value="Send">
        <input name="off" disabled><script>document.write("<input name=no>")</script><input name="word">
    </form>""").forms
    assert (found.action, found.fixed) == ("/go", [("assignmentId", "A1")])
    assert [each.name for each in found.questions] == ["word"]


def test_crowd_html_elements_are_read():
    (found,) = (
        form.read("""<crowd-form><crowd-classifier name="animal" categories="['no json']"></crowd-classifier>
        <crowd-classifier name="pet" categories='["cat", "dog"]' header="Which?"></crowd-classifier>
        <crowd-input name="word" required></crowd-input><crowd-text-area name="long"></crowd-text-area>
        <crowd-slider name="score" min="0" max="10"></crowd-slider>
        <crowd-checkbox name="marks" value="blurry">Blurry</crowd-checkbox>
        <crowd-radio-group><crowd-radio-button name="choice" value="a">A</crowd-radio-button>
        <crowd-radio-button name="choice" value="b">B</crowd-radio-button></crowd-radio-group>
        </crowd-form>""").forms
    )
    assert found.is_crowd
    kinds = {each.name: (each.kind, each.options) for each in found.questions}
    assert kinds == {
        "animal": ("label", []),
        "pet": ("label", ["cat", "dog"]),
        "word": ("text", []),
        "long": ("text", []),
        "score": ("number", []),
        "marks": ("many", ["blurry"]),
        "crowd-radio-group 1": ("one", ["a", "b"]),
    }


def test_radio_buttons_of_a_group_are_one_question_whatever_their_names():
    found = only("""<crowd-form><p>A cat?</p><crowd-radio-group>
        <crowd-radio-button name="yes">Yes</crowd-radio-button>
        <crowd-radio-button name="no">No</crowd-radio-button></crowd-radio-group>
        <crowd-radio-button name="alone">Alone</crowd-radio-button></crowd-form>""")
    group, alone = found.values()
    assert (group.names, group.options, group.asked) == (["yes", "no"], ["on", "on"], "A cat?")
    assert (alone.name, alone.names) == ("alone", [])


def test_links_and_frames_are_found():
    document = form.read('<a href="/work/hits/3A">One</a><iframe src="/frame?a=1&amp;b=2"></iframe>')
    assert (document.links, document.frames) == (["/work/hits/3A"], ["/frame?a=1&b=2"])
