"""Pages that are opened in a browser."""

import pytest

from page.opening import SCREENS, wait


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page on a screen, and find in the end that it said nothing and asked for nothing."""
    path, said, asked, contexts = tmp_path / "net.html", [], [], []

    def open_on(html, screen="small", fragment=""):
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(**SCREENS[screen])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url.partition("#")[0]))
        page.goto(path.as_uri() + fragment)
        wait(page, "window.explored?.seen")
        return page

    yield open_on
    for context in contexts:
        context.close()
    assert said == []
    assert set(asked) <= {path.as_uri()}
