"""A page of the requester's own, inside the frame of all others."""

from __future__ import annotations

from tests.acceptance.browser.labeling import make_page

TWICE = [{"text": "One"}, {"text": "Two"}]
FIELD = {
    "text": '<label>Words <input name="{{ question.name }}"></label>',
    "radio": """{% for label in labels %}<label>
        <input type="radio" name="{{ question.name }}" value="{{ label }}">
        <span class="name">{{ label }}</span>
        </label>{% endfor %}""",
    "button": """{% for label in labels %}
        <button name="{{ question.name }}" value="{{ label }}">{{ label }}</button>{% endfor %}""",
    "select": '<label>Which <select name="{{ question.name }}"><option value="">?</option>'
    "{% for label in labels %}<option>{{ label }}</option>{% endfor %}</select></label>",
}


def show(open_page, task_type, template, labels=("Yes", "No"), **more):
    return open_page(make_page(task_type, TWICE, labels, template=template, **more))


def test_a_field_of_the_requester_is_collected(open_page):
    labeling = show(open_page, "text", "<p>{{ payload.text }}</p>" + FIELD["text"], labels=())
    assert labeling.find(".own-page p").inner_text() == "One"
    labeling.tab.keyboard.type("1 sr?")
    labeling.keys("Enter")
    labeling.tab.keyboard.type("b")
    labeling.keys("Enter")
    assert labeling.done()["answers"] == {"q1": "1 sr?", "q2": "b"}


def test_radio_buttons_selections_and_buttons_are_collected(open_page):
    for kind in ("radio", "button", "select"):
        labeling = show(open_page, "choice", FIELD[kind])
        for _ in range(2):
            if kind == "select":
                labeling.find("select").select_option("No")
            else:
                labeling.find(".own-page").get_by_text("No", exact=True).click()
            if kind != "button" or labeling.position() == "2 of 2":
                labeling.frame.locator("#next").click()
        assert labeling.done()["answers"] == {"q1": "No", "q2": "No"}


def test_checkboxes_make_a_list(open_page):
    boxes = FIELD["radio"].replace("radio", "checkbox")
    labeling = show(open_page, "multilabel", boxes)
    labeling.find(".name").nth(0).click()
    labeling.find(".name").nth(1).click()
    labeling.keys("Enter", "Enter")
    assert labeling.find(".problem").inner_text() == "Answer the question, or skip it."
    labeling.keys("s", "Enter", "Enter")
    done = labeling.done()
    assert done["answers"] == {"q1": ["Yes", "No"]}
    assert done["skips"]["q2"]["reason"] == "cannot_tell"


def test_the_answer_of_the_type_keeps_its_keys(open_page):
    labeling = show(open_page, "choice", "<h3>{{ payload.text }}</h3>{{ answer() }}")
    labeling.keys("1", "2", "Enter")
    assert labeling.done()["answers"] == {"q1": "Yes", "q2": "No"}


def test_a_draft_fills_the_requesters_fields(open_page):
    labeling = show(open_page, "choice", FIELD["radio"])
    labeling.send(crowd="restore", draft={"answers": {"q1": "No", "q2": "Yes"}, "position": 1})
    labeling.frame.wait_for_function("document.getElementById('progress').textContent === '2 of 2'")
    labeling.keys("Enter")
    assert labeling.done()["answers"] == {"q1": "No", "q2": "Yes"}


def test_a_script_of_a_template_does_not_run(open_page):
    script = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
    labeling = show(open_page, "choice", script + "{{ answer() }}")
    labeling.keys("1", "1", "Enter")
    labeling.done()
    assert labeling.frame.evaluate("window.pwned") is None
