"""Two-step reading against reading every page: CPU per page, side by side, in one run.

    python benchmarks/reading.py [--pages N]

The pages are the articles of the demo, with the furniture of a news site around them; one of twenty mentions a watch.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from alerts.matching import Matcher
from console.demo.script import Script, load_script
from console.demo.sites import page
from crawler.reading import read, skim
from steppewatch.model import Text, TextField, Watch, WatchKind

FURNITURE = 300  # links around an article, as on a real site
NAME = "Zharylghap Batyr"
URL = "http://page.test/"


def main() -> None:
    parser = argparse.ArgumentParser(description="Two-step reading against reading every page.")
    parser.add_argument("--pages", type=int, default=400)
    count = parser.parse_args().pages
    bodies = list(_bodies(load_script(), count))
    matcher = Matcher([Watch("w", WatchKind.PERSON, NAME)])
    two_steps = _time(lambda body: _two_steps(body, matcher), bodies)
    every_page = _time(lambda body: _every_page(body, matcher), bodies)
    size = sum(map(len, bodies)) / count / 1000
    print(f"{count} pages of {size:.0f} KB, one of twenty mentions a watch")
    print(f"skim all, read what matches   {two_steps * 1000 / count:6.2f} ms of CPU a page")
    print(f"read every page               {every_page * 1000 / count:6.2f} ms of CPU a page")
    print(f"ratio                         {every_page / two_steps:6.1f}")


def _two_steps(body: bytes, matcher: Matcher) -> None:
    seen = skim(body, "text/html", URL)
    if matcher.find(Text({TextField.TITLE: seen.title, TextField.PAGE: seen.text})).mentions:
        _every_page(body, matcher)


def _every_page(body: bytes, matcher: Matcher) -> None:
    reading = read(body, "text/html", URL)
    matcher.match(Text({TextField.TITLE: reading.title, TextField.TEXT: reading.text}))


def _time(work: Callable[[bytes], None], bodies: Iterable[bytes]) -> float:
    start = time.process_time()
    for body in bodies:
        work(body)
    return time.process_time() - start


def _bodies(script: Script, count: int) -> Iterable[bytes]:
    links = "".join(f'<li><a href="/{number}">More news of day {number}</a></li>' for number in range(FURNITURE))
    pieces = [(site, piece) for site in script.sites for piece in site.pieces]
    for number in range(count):
        site, piece = pieces[number % len(pieces)]
        text = page(site, piece).replace("<footer>", f"<aside><ul>{links}</ul></aside><footer>")
        if number % 20 == 0:
            text = text.replace("</article>", f"<p>In the evening {NAME} spoke to the paper.</p></article>")
        yield text.encode()


if __name__ == "__main__":
    main()
