"""One page after another without waiting, and nothing lost: by keyboard, offline, after a reload."""

from __future__ import annotations

from sqlalchemy import select

from crowd.models import Answer, Assignment
from tests.acceptance.browser.flow.labeler import WAIT


def works(site) -> list[str]:
    return site.world.rows(select(Assignment.work).order_by(Assignment.id))


def test_three_pages_by_keyboard_then_statistics_show_them(wim, site):
    wim.tab.goto(f"{site.url}/work/")
    wim.tab.get_by_role("link", name="Start Reviews of phones").press("Enter")
    wim.ready()
    for _ in range(3):
        before = wim.token()
        wim.ahead()
        wim.answer_page()
        wim.passed(before)
    wim.tab.get_by_text("9 answers today · $0.27").wait_for()
    wim.tab.get_by_role("button", name="Stop here").click()
    wim.tab.get_by_role("heading", name="What would you like to work on?").wait_for()
    wim.tab.get_by_role("link", name="Statistics", exact=True).click()
    assert "9 answers, 9 today" in " ".join(wim.tab.locator("main").inner_text().split())
    assert site.world.count(Answer) == 9
    assert works(site)[:3] == ["submitted"] * 3
    assert set(works(site)[3:]) == {"returned"}
    site.world.sound()


def test_the_next_question_is_on_screen_with_the_next_picture_and_without_a_request(wim, site):
    wim.open()
    second = wim.ahead()
    asked: list[str] = []
    wim.tab.context.set_offline(True)
    wim.tab.on("request", lambda request: asked.append(request.url))
    wim.tab.evaluate(
        """() => addEventListener("message", ({ data }) => {
            if (data.crowd !== "done") return;
            requestAnimationFrame(() => {
                window.shown = document.querySelector("#stage iframe:not(.ahead)").src;
            });
        })"""
    )
    wim.answer_page()
    wim.tab.wait_for_function("() => window.shown")
    assert second in wim.tab.evaluate("window.shown")
    assert wim.frame.locator("#progress").inner_text() == "1 of 3"
    assert not [url for url in asked if "frame" in url]


def test_a_reload_in_mid_page_brings_the_draft_back(wim, site):
    wim.open()
    token = wim.token()
    wim.press("1", "2")
    wim.at(3)
    wim.kept(2)
    wim.ahead()
    wim.tab.reload()
    wim.ready()
    assert wim.token() == token
    wim.at(3)
    wim.press("3", "Enter")
    wim.tab.get_by_text("3 answers today").wait_for()
    said = site.world.rows(select(Answer.value).order_by(Answer.id))
    assert sorted(said) == ["a", "b", "c"]
    assert not wim.tab.evaluate("token => localStorage.getItem(`crowd:draft:${token}`)", token)


def test_what_was_answered_offline_is_handed_in_later(wim, site):
    wim.open()
    token = wim.token()
    wim.ahead()
    wim.tab.context.set_offline(True)
    wim.answer_page()
    wim.tab.get_by_text("1 page is kept on this device").wait_for()
    wim.passed(token)
    wim.answer_page("2", "2", "2")
    wim.tab.get_by_text("2 pages are kept on this device").wait_for()
    wim.tab.get_by_role("heading", name="Waiting for the connection").wait_for()
    assert site.world.count(Answer) == 0
    wim.tab.context.set_offline(False)
    wim.tab.get_by_text("6 answers today").wait_for()
    wim.ready()
    assert site.world.count(Answer) == 6
    assert wim.tab.locator("#network").is_hidden()


def test_what_waits_outlives_the_tab(wim, site):
    wim.open()
    wim.ahead()
    wim.tab.route("**/submit", lambda route: route.abort())
    wim.answer_page()
    wim.tab.get_by_text("kept on this device").wait_for()
    context = wim.tab.context
    wim.tab.close()
    assert site.world.count(Answer) == 0
    wim.tab = context.new_page()
    wim.open()
    wim.tab.get_by_text("3 answers today").wait_for()
    assert site.world.count(Answer) == 3


def test_a_page_that_came_too_late_is_told_plainly(wim, site):
    wim.open()
    wim.ahead()
    site.world.do(
        lambda s, _: [setattr(each, "lease_until", site.world.clock()) for each in s.query(Assignment)]
    )
    site.world.expire()
    wim.answer_page()
    wim.told("One page did not count. Its time was over and it had gone to others.")
    assert site.world.count(Answer) == 0


def test_stopping_with_answers_begun_asks_first(wim, site):
    wim.open()
    wim.ahead()
    wim.press("1")
    wim.at(2)
    wim.kept(1)
    wim.tab.get_by_role("button", name="Stop here").click()
    wim.tab.get_by_role("button", name="Keep on").click()
    assert works(site) == ["assigned", "assigned"]
    wim.tab.get_by_role("button", name="Stop here").click()
    wim.tab.get_by_role("button", name="Give it back").click()
    wim.tab.get_by_role("heading", name="What would you like to work on?").wait_for()
    assert works(site) == ["returned", "returned"]


def test_leaving_gives_back_only_what_was_fetched_ahead(wim, site):
    wim.open()
    wim.ahead()
    wim.tab.goto(f"{site.url}/work/standing")
    for _ in range(WAIT // 50):
        if works(site) != ["assigned", "assigned"]:
            break
        wim.tab.wait_for_timeout(50)  # what is sent on leaving, nobody waits for
    assert works(site) == ["assigned", "returned"]


def test_a_problem_is_reported_with_the_question_it_is_about(wim, site):
    from crowd.models import Message

    wim.open()
    wim.frame.get_by_role("button", name="Report").click()
    wim.tab.get_by_label("What is wrong with it?").fill("The picture is black")
    wim.tab.get_by_role("button", name="Send").click()
    wim.told("Thank you. The requester gets your message.")
    (message,) = site.world.rows(select(Message))
    assert message.text == "Question 1: The picture is black"
    assert message.assignment_id is not None


def test_a_second_tab_leaves_the_first_alone_until_it_is_told_otherwise(wim, site):
    wim.open()
    second = wim.tab.context.new_page()
    second.goto(wim.tab.url)
    second.get_by_role("heading", name="You are labeling in another tab").wait_for()
    second.get_by_role("button", name="Go on here instead").click()
    second.frame_locator("#stage iframe:not(.ahead)").locator("#progress").wait_for()
    wim.tab.get_by_role("heading", name="You are labeling in another tab").wait_for()


def test_without_a_script_the_page_says_what_is_missing(browser, sign_in, site):
    cookies = sign_in("wim").context.cookies()
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    tab = context.new_page()
    tab.goto(f"{site.url}/work/projects/{site.world.project_id}")
    assert "Labeling needs JavaScript" in tab.locator("main").inner_text()
    context.close()
