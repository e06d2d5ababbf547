"""Debian's chromium, driven by Playwright; nothing is downloaded. Without it the tests that ask for it are skipped, or fail where
CI_REQUIRES_CHROMIUM is set.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def opened() -> Iterator[Browser]:
    """The browser, for as long as a fixture holds it."""
    if CHROMIUM is None:
        says = "no chromium on PATH (Debian: apt-get install chromium): the page was not tried in a browser"
        pytest.fail(says) if os.environ.get("CI_REQUIRES_CHROMIUM") else pytest.skip(says)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


class Watched:
    """A tab, and everything that it complained of, asked for or popped up."""

    def __init__(
        self, browser: Browser, path: Path, fragment: str = "", *, referee: bool = False, **options: Any
    ) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))  # CSP complaints are among them
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self.dismiss)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.address = path.as_uri()
        self.page.goto(self.address + fragment)
        if referee:
            self.page.locator("#referee").check()
            self.unpack()

    def unpack(self) -> None:
        """Until the script has put what was packed into its places."""
        self.page.wait_for_function("() => !document.getElementById('packed')")

    def dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def __enter__(self) -> Page:
        return self.page

    def __exit__(self, *failure: object) -> None:
        self.context.close()
        if failure[0] is None:
            assert self.complaints == []
            assert {url.partition("#")[0] for url in self.requests} == {self.address}
