"""The page of `kcjax serve` in a real browser, with an extractor that writes what the test says."""

import shutil

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="the page is tested with playwright, of kcjax[test]")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
SCHEMA = """class Person(Entity):
    pass
class Family(Entity):
    pass
class Ship(Entity):
    pass
class Odd(Entity):
    pass
class Owner(Relation):
    head_entity: Ship
    tail_entity: Person
class Purchase(Event):
    buyer: list[Person]
    item: list[Ship]
"""
TEXT = "👩‍👩‍👧🚢 Åsa Lindmark bought the Thorn Rose on 5 May"
RESPONSES = {
    "ner": 'results = [Person("Åsa Lindmark"), Family("Lindmark"), Ship("Thorn Rose"), Odd("Rose on 5")]',
    "re": 'results = [Owner(Ship("Thorn Rose"), Person("Åsa Lindmark"))]',
    "ed": 'results = [Purchase("bought")]',
    "eae": 'results = [Purchase("bought", buyer=[Person("Åsa Lindmark")], item=[Ship("Thorn Rose")])]',
}
HOSTILE = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"


@pytest.fixture(scope="module")
def browser():
    if not (program := next(filter(None, map(shutil.which, BROWSERS)), None)):
        pytest.skip("no Chromium is found; install one, such as by apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server):
    """The page as it opens. What the browser complains about fails the test, but for refused questions."""
    complaints = []
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on(
        "request", lambda request: complaints.append(request.url) if not request.url.startswith(server.url) else None
    )
    page.goto(server.url)
    page.get_by_text("a model", exact=True).wait_for()
    yield page
    page.close()
    assert [said for said in complaints if not said.startswith(("Failed to load resource", "data:,"))] == []


def extract(page, schema: str, text: str) -> None:
    page.get_by_label("Schema", exact=True).fill(schema)
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_role("button", name="Extract").click()
    page.locator("#status:has-text('Read in')").wait_for()


def marks(page) -> list[tuple[str, str, str]]:
    """(kind, what is labelled with it, text) of each mention, whose text may be in several pieces."""
    found: dict[str, list[str]] = {}
    for piece in page.locator("#marked mark").all():
        one = found.setdefault(piece.get_attribute("data-mention"), [piece.get_attribute("class"), "", ""])
        one[1] += piece.get_attribute("data-label") or ""
        one[2] += piece.text_content()
    return [tuple(one) for one in found.values()]


def cells(page, title: str) -> list[list[str]]:
    rows = page.get_by_role("table", name=title).locator("tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def test_mentions_are_marked_where_they_stand(page, extractor):
    extractor.responses = RESPONSES
    extract(page, SCHEMA, TEXT)
    assert page.locator("#marked").text_content() == TEXT
    assert sorted(marks(page)) == [
        ("entity", "Family", "Lindmark"),
        ("entity", "Odd", "Rose on 5"),
        ("entity", "Person", "Åsa Lindmark"),
        ("entity", "Ship", "Thorn Rose"),
        ("trigger", "Purchase", "bought"),
    ]
    inner = page.locator("#marked mark", has_text="Lindmark").last
    assert inner.get_attribute("title") == "Lindmark: Family, confidence 0.250\nÅsa Lindmark: Person, confidence 0.250"
    legend = page.locator("#legend li").all_inner_texts()
    assert sorted(legend) == ["Family 1", "Odd 1", "Person 1", "Purchase 1, trigger", "Ship 1"]


def test_overlapping_mentions_can_be_told_apart(page, extractor):
    extractor.responses = RESPONSES
    extract(page, SCHEMA, TEXT)
    look = (
        "mark => [mark.dataset.mention, ...['borderBottomColor', 'paddingBottom'].map(k => getComputedStyle(mark)[k])]"
    )
    found = {tuple(mark.evaluate(look)) for mark in page.locator("#marked mark").all()}
    assert len({colour for _, colour, _ in found}) == 5
    lanes = {}
    for mark in page.locator("#marked mark mark").all():
        outer = mark.locator("xpath=..")
        lanes[mark.text_content()] = mark.evaluate(look)[2], outer.evaluate(look)[2]
    assert set(lanes) == {"Lindmark", "Rose"} and all(inner != outer for inner, outer in lanes.values())


def test_relations_and_events_stand_in_tables(page, extractor):
    extractor.responses = RESPONSES
    extract(page, SCHEMA, TEXT)
    assert cells(page, "Entities")[0] == ["Person", "Åsa Lindmark", "0.250"]
    assert cells(page, "Relations") == [["Owner", "Thorn Rose (Ship)", "Åsa Lindmark (Person)", "0.250"]]
    assert cells(page, "Events") == [["Purchase", "bought", "buyer: Åsa Lindmark\nitem: Thorn Rose", "0.250"]]


def test_what_the_model_wrote_and_the_row_can_be_seen_and_copied(page, extractor, server):
    extractor.responses = RESPONSES
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    extract(page, SCHEMA, TEXT)
    page.get_by_text("What the model wrote").click()
    assert page.locator("#raw pre").all_inner_texts() == list(RESPONSES.values())
    page.get_by_text("JSON", exact=True).click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText().then(JSON.parse)")
    assert copied["text"] == TEXT and copied["raw"] == RESPONSES


def test_nothing_found_is_said_with_the_status(page, extractor):
    extractor.responses = {"ner": "results = [Ship("}
    extract(page, SCHEMA, "Nobody left.")
    assert page.get_by_text("Nothing is found.").is_visible() and page.locator("#result table").count() == 0
    facts = page.locator("#facts").inner_text()
    assert facts == "status truncated: ner: the response breaks off"


def test_the_form_asks_what_it_says(page, extractor):
    extractor.responses = RESPONSES
    page.get_by_label("relations").check()
    page.get_by_label("entities").check()
    page.get_by_label("descriptions").uncheck()
    page.get_by_label("stop bias").fill("-1.5")
    extract(page, SCHEMA, "Text\nof two lines")
    asked = {"tasks": ("ner", "re"), "comments": False, "grammar": True, "stop_bias": -1.5}
    assert extractor.asked[0][0] == "Text\nof two lines" and extractor.asked[0][2] == asked
    page.get_by_label("grammar").uncheck()
    assert page.get_by_label("stop bias").is_disabled()
    extract(page, SCHEMA, TEXT)
    assert extractor.asked[1][2] == asked | {"grammar": False, "stop_bias": 0.0}


def test_the_keyboard_is_enough(page, extractor):
    page.get_by_label("Text", exact=True).focus()
    page.keyboard.press("Control+Enter")
    page.locator("#status:has-text('Read in')").wait_for()
    assert len(extractor.asked) == 1 and len(extractor.asked[0][1].events) == 1  # of its own example
    for field in page.locator("textarea, input").all():
        assert field.evaluate("field => Boolean(field.labels?.length && field.labels[0].innerText.trim())")


def test_a_broken_schema_is_told_beside_it_with_its_line(page, extractor):
    page.get_by_label("Schema", exact=True).fill("# 🚢\n" * 60 + "class Ship(Entity)\n    pass\n" + "\n" * 200)
    schema = page.locator("#schema")
    page.get_by_role("button", name="Extract").click()
    alert = page.get_by_role("alert").filter(has_text="schema:61: not valid Python")
    alert.wait_for()
    assert schema.get_attribute("aria-invalid") == "true"
    assert schema.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == "class Ship(Entity)"
    line = schema.evaluate("e => 61 * e.scrollHeight / 263 - e.scrollTop")
    assert 0 < line < schema.bounding_box()["height"]  # in sight, though the cursor was at the end
    below = alert.bounding_box()["y"] - (schema.bounding_box()["y"] + schema.bounding_box()["height"])
    assert 0 <= below < 20
    extract(page, SCHEMA, TEXT)
    assert page.locator("#error").inner_text() == "" and schema.get_attribute("aria-invalid") == "false"


def test_a_server_that_has_ended_is_told(page, server):
    page.route("**/extract", lambda route: route.abort())
    page.get_by_role("button", name="Extract").click()
    page.get_by_role("alert").filter(has_text="does not answer").wait_for()
    page.unroute("**/extract")
    page.get_by_role("button", name="Extract").click()  # it may be asked again
    page.locator("#status:has-text('Read in')").wait_for()


def test_hostile_strings_are_shown_as_text(page, extractor):
    extractor.responses = {"ner": f"results = [Ship({HOSTILE!r})]", "ed": HOSTILE}
    extract(page, SCHEMA, f"It is {HOSTILE} 🚢")
    assert page.locator("#marked").text_content() == f"It is {HOSTILE} 🚢"
    assert marks(page) == [("entity", "Ship", HOSTILE)]
    assert cells(page, "Entities") == [["Ship", HOSTILE, "0.250"]]
    page.get_by_text("What the model wrote").click()
    assert page.locator("#raw pre").all_inner_texts() == list(extractor.responses.values())
    page.get_by_label("Schema", exact=True).fill(f"class Ship(Entity):\n    x: {HOSTILE!r}\n")
    page.get_by_role("button", name="Extract").click()
    alert = page.get_by_role("alert").filter(has_text="schema:2:")
    assert "<img src=x onerror" in alert.inner_text()
    assert page.locator("img").count() == 0 and page.locator("script").count() == 1
    assert page.title() == "kcjax"


def test_a_schema_given_is_text_too(serve, extractor, browser):
    hostile = f"# </textarea>{HOSTILE}\n{SCHEMA}"
    server = serve(extractor, model=HOSTILE, schema=hostile)
    page = browser.new_page()
    page.goto(server.url)
    page.get_by_text(HOSTILE, exact=True).wait_for()
    assert page.get_by_label("Schema", exact=True).input_value() == hostile
    assert page.locator("img").count() == 0 and page.title() == "kcjax"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_fits_a_phone_and_both_colour_schemes(page, extractor, scheme, width):
    extractor.responses = RESPONSES
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    extract(page, SCHEMA, TEXT + " " + "x" * 300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    left, right = page.locator("#form").bounding_box(), page.locator("#result").bounding_box()
    assert (right["y"] >= left["y"] + left["height"]) == (width < 960)
    for selector in ("body", "#error", ".note", "th", "#marked mark", "#legend mark", "button", "summary"):
        for element in page.locator(selector).all():
            assert contrast(element) >= 4.5, element.evaluate("element => element.outerHTML")


def contrast(element) -> float:
    """Of an element's text with what is behind it (WCAG 2.1); the browser paints both on a canvas to tell their RGB."""
    return element.evaluate("""element => {
        const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
        const light = () => [0.2126, 0.7152, 0.0722].reduce((sum, weight, n) => {
            const part = context.getImageData(0, 0, 1, 1).data[n] / 255;
            return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        }, 0);
        const paint = colour => { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); };
        const line = [];
        for (let one = element; one; one = one.parentElement) line.unshift(getComputedStyle(one).backgroundColor);
        line.forEach(paint);
        const behind = light();
        paint(getComputedStyle(element, element.dataset.label ? "::after" : null).color);
        const front = light();
        return (Math.max(front, behind) + 0.05) / (Math.min(front, behind) + 0.05);
    }""")
