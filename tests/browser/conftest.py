"""A browser, where there is one. Debian's is used: apt-get install chromium."""

import os
import shutil
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium")
# Nothing but our own pages is asked for, and none of Chromium's own business done.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items):
    if CHROMIUM is None:
        skip = pytest.mark.skip(reason="needs Chromium: apt-get install chromium")
        for item in items:
            if "/browser/" in str(item.path):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def chromium():
    # Playwright's loop runs in this thread, which Django takes for an async context.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Visitor:
    """Somebody at a browser, and what the browser complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def visit(self, path):
        self.page.goto(self.address + path)
        return self.page

    def violations(self):
        """Return what axe finds wrong with the page: colours, rule, element and why.

        In the dark, contrast is all that could differ.
        """
        found = self._violations("light")
        return found + self._violations("dark", runOnly=["color-contrast"])

    def _violations(self, scheme, **options):
        self.page.emulate_media(color_scheme=scheme)
        # Links fade from one colour into the other; axe would see them in between.
        self.page.evaluate("Promise.all(document.getAnimations().map(each => each.finished))")
        found = Axe().run(self.page, options=options).response["violations"]
        return [f"{scheme}: {each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]


@pytest.fixture
def visitor(chromium, live_server):
    context = chromium.new_context(color_scheme="light")
    visitor = Visitor(context.new_page(), live_server.url)
    visitor.page.on(
        "console",
        lambda said: visitor.complaints.append(said.text) if said.type == "error" else None,
    )
    yield visitor
    context.close()


@pytest.fixture
def kim(visitor):
    """A visitor who is logged in."""
    client = Client()
    client.force_login(User.objects.create_superuser("kim"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": visitor.address}
    visitor.page.context.add_cookies([cookie])
    return visitor
