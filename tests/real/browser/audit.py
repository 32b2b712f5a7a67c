"""Looks at pages as people do: in Chromium, wide and on a phone, light and dark.

    audit.py AXE.JS FOLDER PAGE...

The first page in every view, the others in two. Puts a screenshot of each view
into FOLDER. Ends with 1 and a line for each
thing that is wrong: what axe-core finds against WCAG 2.1 AA, messages in the
console, requests, a page that is wider than the screen, a search that does
not search.
"""
import base64
import pathlib
import sys

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

SIZES = {"wide": (1280, 900, False), "phone": (390, 844, True)}
VIEWS = [("phone", "light"), ("wide", "light"), ("phone", "dark"), ("wide", "dark")]
AXE = """
const done = arguments[0];
axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
  .then((result) => done(result), (cause) => done({failed: String(cause)}));
"""


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for switch in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def accessible(driver, axe):
    driver.execute_script(axe)
    result = driver.execute_async_script(AXE)
    if "failed" in result:
        yield result["failed"]
        return
    if len(result["passes"]) < 20:
        yield f"axe-core found only {len(result['passes'])} rules to try"
    for found in result["violations"]:
        where = found["nodes"][0]["target"]
        yield f"{found['id']}: {found['help']}: {len(found['nodes'])} times, first at {where}"


def searchable(driver):
    fields = driver.find_elements(By.CSS_SELECTOR, "input[type=search]")
    if not fields:
        yield "no table can be searched"
        return
    rows = driver.find_elements(By.CSS_SELECTOR, "table[data-search] tbody tr")
    shown = lambda: sum(row.is_displayed() for row in rows)
    for field in fields:
        field.send_keys("no row has these words")
    if shown():
        yield f"{shown()} rows are shown that do not have the words"
    for field in fields:
        field.clear()
        field.send_keys("e")
    if not shown():
        yield "no row is shown that has the letter e"


def look(driver, axe, folder, page, views):
    for size, scheme in views:
        width, height, mobile = SIZES[size]
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        wanted = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})
        driver.get(page.as_uri())
        view = f"{page.stem}-{size}-{scheme}"
        width_of = "return document.scrollingElement.scrollWidth"
        if driver.execute_script(width_of) > width:
            yield f"{view}: wider than the screen: {driver.execute_script(width_of)} of {width}"
        asked = driver.execute_script(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)"
        )
        if asked:
            yield f"{view}: the page asks for {asked}"
        shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        (folder / f"{view}.png").write_bytes(base64.b64decode(shot["data"]))
        yield from (f"{view}: {wrong}" for wrong in accessible(driver, axe))
    yield from (f"{page.stem}: {wrong}" for wrong in searchable(driver))
    for message in driver.get_log("browser"):
        yield f"{page.stem}: console: {message['message']}"


def main():
    axe = pathlib.Path(sys.argv[1]).read_text()
    folder = pathlib.Path(sys.argv[2])
    driver = browser()
    try:
        wrong = []
        for place, name in enumerate(sys.argv[3:]):
            # Other languages have other words, in the same places.
            views = [view for number, view in enumerate(VIEWS) if place == 0 or number % 3 == 0]
            wrong += look(driver, axe, folder, pathlib.Path(name), views)
    finally:
        driver.quit()
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
