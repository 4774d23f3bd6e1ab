"""The handbook in a browser, from a folder: it shows itself whole, asks nothing of a network, obeys the keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from netproof import catalog
from tests.browser.conftest import NARROW, WIDE, Browser

pytestmark = pytest.mark.rest

PAGES = ["index.html", "differences.html", "method.html", "search.html", *(f"labs/{n}.html" for n in catalog.names())]
NAT = "labs/bridge-nat.html"
_WIDER = "return [...document.querySelectorAll('article *')].filter(e => e.getBoundingClientRect().right > innerWidth"
WIDER = f"{_WIDER} && !e.closest('pre, .np-picture, .np-scroll, .np-proof')).map(e => e.outerHTML.slice(0, 120))"
IMAGES = "return [...document.images].map(i => [i.src, i.complete && i.naturalWidth])"
BACKGROUND = "return getComputedStyle(document.body).backgroundColor"
FOCUS = "return document.activeElement"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_itself_whole(browser: Browser, page: str) -> None:
    """No word on the console, nothing asked of a network, pictures that are pictures, nothing wider than the window."""
    browser.open(page)
    assert browser.run("return document.title").endswith("netproof handbook")
    for width in (WIDE, NARROW):
        browser.shape(width)
        assert browser.run("return [innerWidth, document.documentElement.scrollWidth]") == [width, width]
        assert browser.run(WIDER) == []
        _keep(browser, page, width)
    assert [source for source, there in browser.run(IMAGES) if not there] == []
    requests = browser.requests
    assert any("/netproof.css" in url for url in requests)
    assert [url for url in requests if not url.startswith("file://")] == []
    assert browser.console == []


def _keep(browser: Browser, page: str, width: int) -> None:
    """A picture of the page, where somebody wants to look at it."""
    folder = os.environ.get("NETPROOF_SCREENSHOTS")
    if folder:
        browser.picture(Path(folder) / f"{page.replace('/', '-').removesuffix('.html')}-{width}.png")


def test_what_the_last_test_looks_at_would_be_noticed(browser: Browser) -> None:
    """A console error, a request to elsewhere, a picture that is none, something too wide."""
    browser.open("index.html")
    browser.run(
        "document.querySelector('article').insertAdjacentHTML('beforeend', '<img src=\"gone.svg\">"
        '<img src="http://192.0.2.1/x.svg"><div style="width: 3000px">wide</div>\'); console.error(\'noticed\')'
    )
    browser.wait("return [...document.images].some(i => i.src.endsWith('gone.svg') && i.complete)")
    assert any("noticed" in text for text in browser.console)
    assert any("192.0.2.1" in url for url in browser.requests)
    assert browser.run("return document.documentElement.scrollWidth") > WIDE
    assert browser.run(WIDER)
    assert [source for source, there in browser.run(IMAGES) if not there]


def test_hostile_evidence_does_nothing(browser: Browser) -> None:
    """Opened, too."""
    browser.open(NAT)
    browser.driver.find_element(By.CLASS_NAME, "np-all").click()
    assert "taken" not in browser.run("return document.title")
    assert browser.run("return document.querySelectorAll('details.np-evidence:not([open])').length") == 0


def found_by(browser: Browser, words: str, width: int = WIDE) -> dict[str, str]:
    """{where results lead: their text}, of words typed after a slash."""
    browser.open("index.html", width)
    browser.keys("/")
    browser.wait(f"{FOCUS}.name === 'q'")
    browser.keys(words, Keys.ENTER)
    # A summary that tells the number, or that there was nothing, is written when the search is over.
    browser.wait(
        "return location.pathname.endsWith('search.html') && /found|not match/.test(document.querySelector"
        "('.search-summary')?.textContent)"
    )
    links = browser.driver.find_elements(By.CSS_SELECTOR, "#search-results li a")
    return {(link.get_attribute("href") or "").removeprefix(f"{browser.site.as_uri()}/"): link.text for link in links}


def test_search_finds_a_claim_by_its_id(browser: Browser) -> None:
    """Before everything else, and leads to it, not only to its page."""
    found = found_by(browser, "q2.3")
    first = next(iter(found))
    assert first.startswith(NAT)
    assert first.endswith("#q2-3")
    browser.driver.find_element(By.LINK_TEXT, found[first]).click()
    browser.wait("return location.hash === '#q2-3'")
    assert 0 <= browser.run("return document.getElementById('q2-3').getBoundingClientRect().top") < 900


def test_search_finds_a_claim_by_what_it_says(browser: Browser) -> None:
    """In words of what is documented, and of what is true."""
    for words in ("document on q2.5", "true of q2.5"):
        assert next(iter(found_by(browser, words))).endswith("#q2-5")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_search_finds_a_word(browser: Browser, width: int) -> None:
    """Without a server; a word that is nowhere finds nothing."""
    assert any(link.startswith(NAT) for link in found_by(browser, "masquerade", width))
    assert found_by(browser, "quetzalcoatl", width) == {}
    assert browser.console == []


def test_a_verdict_opens_its_evidence(browser: Browser) -> None:
    """By a click on the verdict, from this page and from another."""
    for page, selector in ((NAT, ".np-claims"), ("differences.html", ".np-claims")):
        browser.open(page)
        chip = browser.driver.find_element(By.CSS_SELECTOR, f"{selector} a.np-refuted")
        target = (chip.get_attribute("href") or "").rpartition("#")[2]
        chip.click()
        assert browser.wait(f"return document.getElementById('{target}')?.open")
        inside = browser.driver.find_element(By.CSS_SELECTOR, f"#{target} pre")
        assert "it was forwarded" in inside.text
        assert inside.is_displayed()


def test_evidence_opens_by_click_and_by_keyboard(browser: Browser) -> None:
    """A click, Enter, the space bar: the summary is an ordinary one."""
    browser.open(NAT)
    details = browser.driver.find_element(By.CSS_SELECTOR, "details.np-evidence")
    summary = details.find_element(By.TAG_NAME, "summary")
    states = []
    for act in (summary.click, lambda: browser.keys(Keys.ENTER), lambda: browser.keys(Keys.SPACE)):
        act()
        states.append(browser.run("return arguments[0].open", details))
    assert states == [True, False, True]
    browser.keys(Keys.TAB)
    assert browser.run(f"{FOCUS}.tagName") == "PRE"  # long evidence is scrolled by arrow keys


def test_tab_goes_through_a_page_in_the_order_in_which_it_reads(browser: Browser) -> None:
    """First past the navigation, and never where the order of the document does not lead."""
    browser.open(NAT)
    assert browser.run("return [...document.querySelectorAll('[tabindex]')].filter(e => e.tabIndex > 0).length") == 0
    browser.keys(Keys.TAB)
    for _ in range(3):  # the drawers' switches are before it, out of sight
        if "skip-to-content" in browser.run(f"{FOCUS}.className"):
            break
        browser.keys(Keys.TAB)
    browser.keys(Keys.ENTER)
    browser.keys(Keys.TAB)
    assert browser.run("return document.querySelector('#furo-main-content').contains(document.activeElement)")


def test_light_and_dark(browser: Browser) -> None:
    """Each by choice, kept on the next page; text stands out from its background in both."""
    seen: dict[str, str] = {}
    browser.open(NAT)
    button = browser.driver.find_element(By.CSS_SELECTOR, ".theme-toggle-content .theme-toggle")
    while len(seen) < 3:  # auto, light, dark
        theme = browser.run("return document.body.dataset.theme")
        seen[theme] = browser.run(BACKGROUND)
        button.click()
        assert browser.wait(f"return document.body.dataset.theme !== '{theme}'")
    assert seen["light"] != seen["dark"]
    browser.run("localStorage.setItem('theme', 'dark')")
    browser.open("labs/publish.html")
    assert browser.run(BACKGROUND) == seen["dark"]
    browser.run("localStorage.removeItem('theme')")


def test_a_picture_is_light_or_dark_as_the_page_is(browser: Browser) -> None:
    """Of a picture that has both, one is shown; one that has not is turned over."""
    shown = "return [...document.images].filter(i => i.offsetParent).map(i => i.className)"
    filters = "return getComputedStyle(document.querySelector('img.np-paper')).filter"
    found = {}
    for theme in ("light", "dark"):
        browser.open("index.html")
        browser.run(f"localStorage.setItem('theme', '{theme}')")
        browser.open(NAT)
        found[theme] = {name for name in browser.run(shown) if name != "np-paper"}, browser.run(filters)
    browser.run("localStorage.removeItem('theme')")
    assert found["light"] == ({"np-light"}, "none")
    assert found["dark"][0] == {"np-dark"}
    assert found["dark"][1].startswith("invert")


def test_a_command_is_copied_by_its_button(browser: Browser) -> None:
    """Each has one that says what it copies, and that it did."""
    browser.open(NAT)
    assert browser.run("return document.querySelectorAll('.np-command').length") > 5
    button = browser.driver.find_element(By.CSS_SELECTOR, ".np-command .np-copy")
    assert button.get_attribute("aria-label") == "Copy: invoke lab up bridge-nat"
    browser.run("window.copied = []; document.addEventListener('copy', () => copied.push(String(getSelection())))")
    browser.run("navigator.clipboard && (navigator.clipboard.writeText = async (text) => { copied.push(text); })")
    button.click()
    assert browser.wait("return copied[0]") == "invoke lab up bridge-nat"
    assert browser.wait("return document.querySelector('.np-copy').textContent !== 'Copy'")


def test_a_wide_picture_scrolls_in_its_box(browser: Browser) -> None:
    """On a telephone it keeps its size, and what is written on it can be read."""
    browser.open(NAT, NARROW)
    sizes = "return [...document.images].filter(i => i.offsetParent).map(i => [i.naturalWidth, i.offsetWidth])"
    found = browser.run(sizes)
    assert [pair for pair in found if abs(pair[0] - pair[1]) > 1] == []
    assert any(wide > NARROW for wide, _ in found)
