"""Times the app in Chromium against its targets: ``python -m benchmarks.app``, and with ``--links 100000`` on a grid of so many.

What is timed is what a reader waits for: from the command to the first answer, to the first paint, to a page that can be used,
and from a switch to map and figures drawn anew (the page says when by ``data-settled``). On a machine without a GPU the map is
flat, and with `map=gl` drawn by SwiftShader, in software; on one with a GPU, ``--gpu`` lets Chromium draw by it, by way of Vulkan
and without a display.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import gzip
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from karvan.case import bundled_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import CDPSession, Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--enable-unsafe-swiftshader", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run"]  # fmt: skip
#: What lets Chromium without a display draw by a GPU.
GPU_FLAGS = ["--use-angle=vulkan", "--enable-features=Vulkan", "--disable-vulkan-surface", "--ignore-gpu-blocklist",
             "--enable-gpu-rasterization"]  # fmt: skip
SWITCHES, SEED = 200, 8
#: A figure of a first answer is near the final one within this share of it.
NEAR = 0.05
PATIENCE_MS = 600_000
#: Length of a side of the grid: its 20 degrees of latitude, and a little more.
SPAN_KM = 2300
#: Milliseconds from the click on a switch until what follows from it is drawn, as a first look and to the end; and by how much
#: the headline of the one differs from that of the other.
SWITCH = """async ([names, handMs]) => {
    const root = document.documentElement;
    // no frame is asked for while the page waits: that would keep the machine busy
    const until = (there) => new Promise((done) => {
        const look = () => there() && (watch.disconnect(), requestAnimationFrame(done));
        const watch = new MutationObserver(look);
        watch.observe(root, { attributes: true });
        look();
    });
    const settled = () => root.dataset.settled === 'true';
    const drawn = () => settled() || root.dataset.provisional === 'true';
    const headline = () => {
        const told = document.querySelector('[data-answer]')?.dataset ?? {};
        return ['musd', 't', 'trade'].filter((name) => name in told).map((name) => Number(told[name]));
    };
    const spent = [], first = [], looks = [], faults = [];
    for (const name of names) {
        const one = document.querySelector(`[data-crossing='${name}']`);
        if (handMs > 0) {
            one.dispatchEvent(new PointerEvent('pointerover', { bubbles: true, pointerType: 'mouse' }));
            await new Promise((done) => setTimeout(done, handMs));
        }
        const start = performance.now();
        one.click();
        for (let i = 0; i < 6 && root.dataset.settled === 'true'; i += 1) await new Promise((done) => setTimeout(done, 0));
        await until(drawn);
        first.push(performance.now() - start);
        const look = root.dataset.provisional === 'true' && !settled() ? headline() : null;
        await until(settled);
        spent.push(performance.now() - start);
        if (look) looks.push([look, headline()]);
        const fault = document.querySelector('[data-fault]');
        if (fault) faults.push(fault.innerText);
        if (handMs > 0) one.dispatchEvent(new PointerEvent('pointerout', { bubbles: true, pointerType: 'mouse' }));
    }
    return { spent, first, looks, faults };
}"""
FRAMES = """async () => {
    const canvas = document.querySelector('.map svg.flat, .map canvas.maplibregl-canvas');
    const box = canvas.getBoundingClientRect();
    const at = (x) => ({ clientX: box.left + x, clientY: box.top + box.height / 2, bubbles: true, button: 0, buttons: 1 });
    const fire = (kind, x) => {
        canvas.dispatchEvent(new PointerEvent(`pointer${kind}`, { ...at(x), pointerId: 1 }));
        (kind === 'down' ? canvas : document).dispatchEvent(new MouseEvent(`mouse${kind}`, at(x)));
    };
    let count = 0;
    const start = performance.now();
    fire('down', box.width / 2);
    while (performance.now() - start < 3000) {
        fire('move', box.width / 2 + 80 * Math.sin((performance.now() - start) / 300));
        await new Promise((done) => requestAnimationFrame(done));
        count += 1;
    }
    fire('up', box.width / 2);
    return [count, (1000 * count) / (performance.now() - start)];
}"""


MAP = """() => {
    const map = document.querySelector('.map');
    return map ? `map ${map.querySelector('canvas.maplibregl-canvas') ? 'by WebGL' : 'flat'}` : 'no map';
}"""
#: Who draws by WebGL, as the browser names it.
RENDERER = """() => {
    const context = document.createElement('canvas').getContext('webgl2');
    const about = context?.getExtension('WEBGL_debug_renderer_info');
    return context ? String(context.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : context.RENDERER)) : 'none';
}"""


SETTLED = "() => document.documentElement.dataset.settled === 'true'"


@contextlib.contextmanager
def served(case: str) -> Iterator[tuple[str, float]]:
    """Serve a case; give its address and the seconds from the command to the first answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = time.perf_counter()
    command = [sys.executable, "-m", "karvan", "serve", case, "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            if process.poll() is not None:
                sys.exit("karvan serve has ended; are the pages built? `make web`")
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api", timeout=60):  # noqa: S310
                break
            time.sleep(0.02)
        yield address, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait()


def open_page(page: Page, address: str) -> dict[str, float]:
    """Open an address; return seconds until the first paint, until the switches can be used, and until all is drawn."""
    page.goto(address, wait_until="commit")
    page.wait_for_selector("[data-crossing]")
    usable = float(page.evaluate("() => performance.now()"))
    page.wait_for_function(
        "() => document.documentElement?.dataset.settled === 'true' && document.querySelector('[data-answer]') !== null"
    )
    drawn = float(page.evaluate("() => performance.now()"))
    paint = float(page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    return {"paint": paint / 1000, "usable": usable / 1000, "drawn": drawn / 1000}


def move_map(page: Page, session: CDPSession) -> str:
    """Return frames a second while the map is moved, and what the page's own thread works for each: no GPU is in that."""
    before = busy_s(session)
    count, rate = page.evaluate(FRAMES)
    own_ms = 1000 * (busy_s(session) - before) / count
    target = "target 30 with a GPU"
    return (
        f"{rate:.0f} frames a second while the map is moved ({target}), {own_ms:.0f} ms of the page's own thread each"
    )


def zoom_and_click(page: Page) -> str:
    """Return seconds until the map is drawn anew after a turn of the wheel, and until the facts of what is clicked are there."""
    box = page.locator(".map").bounding_box()
    if box is None:
        sys.exit("the screen has no map")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    start = time.perf_counter()
    page.mouse.wheel(0, -400)
    # a map of few lines is drawn at once, one of many a little after the last turn
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function(SETTLED)
    zoomed = time.perf_counter() - start
    # some place near the middle has a line within the reach of a pointer
    for off in range(0, 90, 6):
        start = time.perf_counter()
        page.mouse.click(x + off, y)
        if "pick=" in page.url:
            page.wait_for_selector("[data-facts]")
            return f"zoomed in {zoomed:.2f} s, facts of what is clicked in {time.perf_counter() - start:.2f} s"
    return f"zoomed in {zoomed:.2f} s, nothing near the middle to click"


def busy_s(session: CDPSession) -> float:
    """Return the seconds for which the page's own thread has had a core: what others do to the machine is not in it."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def script_bytes(urls: list[str]) -> int:
    """Return the compressed size of scripts."""
    total = 0
    for url in dict.fromkeys(url for url in urls if url.endswith(".js")):
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310
            total += len(gzip.compress(answer.read(), 6))
    return total


def grid_case(folder: Path, links: int) -> Path:
    """Write a case like the textbook's, with a grid of so many links more in its first country."""
    case = folder / "grid"
    shutil.copytree(bundled_cases()["textbook"], case)
    side = round((links / 2) ** 0.5)
    nodes = _append(case / "node.csv")
    start = nodes.rows[0]
    names = {}
    for x in range(side):
        for y in range(side):
            names[x, y] = f"g{x}_{y}"
            place = {
                "node_id": names[x, y],
                "name": names[x, y],
                "x_coord": 60 + 20 * x / side,
                "y_coord": 20 + 20 * y / side,
            }
            nodes.add(start | place | {"unlocode": "", "node_type": "junction"})
    nodes.close()
    table = _append(case / "link.csv")
    like = next(row for row in table.rows if row["mode"] == "road" and not row["crossing_id"])
    for (x, y), name in names.items():
        for other in (names.get((x + 1, y)), names.get((x, y + 1))):
            if other:
                ends = {
                    "link_id": f"{name}-{other}",
                    "name": "",
                    "from_node_id": name,
                    "to_node_id": other,
                    "length_km": round(SPAN_KM / side, 1),
                }
                table.add(like | ends)
    table.close()
    return case


class _append:  # noqa: N801 - reads as what it does
    """Appends rows to a table."""

    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as handle:
            self.rows = list(csv.DictReader(handle))
        self.handle = path.open("a", encoding="utf-8", newline="")
        self.writer = csv.DictWriter(self.handle, list(self.rows[0]), lineterminator="\n")

    def add(self, row: dict[str, Any]) -> None:
        self.writer.writerow(row)

    def close(self) -> None:
        self.handle.close()


def measure(case: str, screens: list[str], switches: int, *, hand_ms: int = 0, gpu: bool = False) -> None:
    """Print the timings of a case; end with an error where a switch ended in a fault."""
    from playwright.sync_api import sync_playwright

    failed = False

    with served(case) as (address, answered), sync_playwright() as playwright:
        print(f"from the command to the first answer: {answered:.2f} s (target 3)")
        flags = FLAGS + GPU_FLAGS if gpu else FLAGS
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        for screen in screens:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.set_default_timeout(PATIENCE_MS)
            scripts: list[str] = []
            page.on(
                "request",
                lambda request, scripts=scripts: scripts.append(request.url) if request.url.endswith("js") else None,
            )
            times = open_page(page, address + screen)
            print(f"{screen}: {page.evaluate(MAP)}, WebGL is by {page.evaluate(RENDERER)}")
            print(f"  first paint {times['paint']:.2f} s (target 1), usable {times['usable']:.2f} s (target 2), "
                  f"drawn {times['drawn']:.2f} s, scripts {script_bytes(scripts) / 1000:.0f} kB (target 600)")  # fmt: skip
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            if page.locator(".map").count():
                print(f"  {move_map(page, session)}")
                page.wait_for_function(SETTLED)
                print(f"  {zoom_and_click(page)}")
            names = page.locator("[data-crossing]").evaluate_all("all => all.map(one => one.dataset.crossing)")
            chance = random.Random(SEED)  # noqa: S311 - a script of switches
            before = busy_s(session)
            script = [chance.choice(sorted(names)) for _ in range(switches)]
            found = page.evaluate(SWITCH, [script, hand_ms])
            print(f"  the page's own thread works {1000 * (busy_s(session) - before) / switches:.0f} ms a switch")
            print(f"  {switches} switches, final answer: {times_of(found['spent'])} (target 500)")
            if found["looks"]:
                print(f"  first answer, or the final one where it came before: {times_of(found['first'])} (target 500)")
                print(f"  {len(found['looks'])} first answers: {apart(found['looks'])}")
            if found["faults"]:
                # what ends in a message is no answer, however soon
                print(f"  {len(found['faults'])} of them ended in a fault: {' '.join(found['faults'][0].split())}")
                failed = True
            page.close()
        browser.close()
    if failed:
        sys.exit(1)


def times_of(spent: list[float]) -> str:
    """Return milliseconds as median, p95 and worst."""
    known = sorted(spent)
    return f"median {statistics.median(known):.0f} ms, p95 {known[int(0.95 * len(known))]:.0f} ms, worst {known[-1]:.0f} ms"


def apart(looks: list[tuple[list[float], list[float]]]) -> str:
    """Return how far the headline figures of first answers are from those of the final ones."""
    off = sorted(
        abs(one - other) / abs(other) if other else float(one != other)
        for first, final in looks
        for one, other in zip(first, final, strict=True)
    )
    near = sum(share <= NEAR for share in off) / len(off)
    return (
        f"{100 * near:.0f} % of their headline figures are within {100 * NEAR:.0f} % of the final ones, "
        f"median {100 * statistics.median(off):.2g} %, worst {100 * off[-1]:.2g} %"
    )


def main() -> None:
    """Print the timings."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.app")
    parser.add_argument(
        "--links", type=int, default=0, help="Time a grid of so many links instead of the bundled case."
    )
    parser.add_argument("--switches", type=int, help="Switches of each screen: 200, or 5 on a grid.")
    parser.add_argument("--screen", action="append", help="A screen, by its address; repeat for more.")
    parser.add_argument(
        "--hand", type=int, default=0, help="Milliseconds for which a hand rests on a switch before it presses: none."
    )
    parser.add_argument("--gpu", action="store_true", help="Let Chromium draw by this machine's GPU.")
    asked = parser.parse_args()
    links = asked.links
    pair = "/routes?origin=lahore&destination=baku"
    if not links:
        screens = asked.screen or ["/network", pair, f"{pair}&map=gl", "/flows", "/trade"]
        measure("pakistan_azerbaijan", screens, asked.switches or SWITCHES, hand_ms=asked.hand, gpu=asked.gpu)
        return
    with tempfile.TemporaryDirectory() as folder:
        screens = asked.screen or ["/network", "/network?map=gl"]
        measure(str(grid_case(Path(folder), links)), screens, asked.switches or 5, hand_ms=asked.hand, gpu=asked.gpu)


if __name__ == "__main__":
    main()
