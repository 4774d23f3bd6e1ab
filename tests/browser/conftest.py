"""A headless Chromium, and a handbook opened in it as files."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import WebDriverWait

from tests.unit.handbooks import built

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
    "--force-prefers-reduced-motion",  # what is clicked does not move
)
_SECONDS = 30
WIDE, NARROW = 1280, 400


@frozen
class Browser:
    """A browser with a handbook; what it asked for and what its console said since the last page was opened."""

    driver: webdriver.Chrome
    site: Path

    def open(self, page: str, width: int = WIDE) -> None:
        """Show a page of the site in a window of this width."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium is typed but for this
        self.driver.get_log("performance")  # type: ignore[no-untyped-call]  # as above
        self.shape(width)
        self.driver.get(f"{self.site.as_uri()}/{page}")

    def shape(self, width: int) -> None:
        """Make the window this wide."""
        shape = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)

    def run(self, script: str, *arguments: object) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, script: str) -> Any:
        """What a script returns as soon as that is something."""
        return WebDriverWait(self.driver, _SECONDS).until(lambda _: self.run(script), script)

    def keys(self, *keys: str) -> None:
        """Type, into whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    @property
    def console(self) -> list[str]:
        """What the console said."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]  # as above

    @property
    def requests(self) -> list[str]:
        """What was asked for, but for what a page holds itself."""
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]  # as above
        events = [json.loads(entry["message"])["message"] for entry in entries]
        asked = [item["params"]["request"]["url"] for item in events if item["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("data:")]

    def picture(self, path: Path) -> None:
        """The page as a PNG, for people to look at."""
        size = self.run("return [innerWidth, Math.min(4000, document.documentElement.scrollHeight)]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The handbook of a small results file, or the one that NETPROOF_HANDBOOK names."""
    given = os.environ.get("NETPROOF_HANDBOOK")
    return Path(given).absolute() if given else built(tmp_path_factory.mktemp("handbook"))[0]


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, or skip where there is none."""
    needs = "needs Chromium and its driver: run ./bootstrap --with-browser, or install chromium and chromium-driver"
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip(needs)
    site: Path = request.getfixturevalue("site")  # not built where nobody will look at it
    options = Options()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}", f"--window-size={WIDE},900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # Given the driver's path, selenium looks for nothing on the network.
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield Browser(chrome, site)
    chrome.quit()
