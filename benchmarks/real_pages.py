"""How well and how fast real pages and odd feeds are read.

    python benchmarks/real_pages.py --direct PATH      a checkout of scrapinghub/article-extraction-benchmark
    python benchmarks/real_pages.py --feeds PATH       a checkout of kurtmckee/feedparser: all files of its tests

`--direct` reads the 181 pages in this process and scores the text with the checkout's own evaluate.py; it fails under the
floor. `--feeds` reads every file in a child process; it fails on any exception but ParseError, and on a stall.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import multiprocessing
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from crawler.reading import read, skim
from crawler.sources import feed
from steppewatch.errors import ParseError

FLOOR = 0.955
STALL = 5.0  # seconds for one feed
NOW = datetime(2019, 4, 8, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description="Read real pages and odd feeds.")
    parser.add_argument("--direct", type=Path, metavar="PATH", help="checkout of article-extraction-benchmark")
    parser.add_argument("--feeds", type=Path, metavar="PATH", help="checkout of feedparser")
    args = parser.parse_args()
    if args.direct is None and args.feeds is None:
        parser.error("give --direct or --feeds")
    good = args.direct is None or direct(args.direct)
    good = (args.feeds is None or feeds(args.feeds)) and good
    return 0 if good else 1


def direct(checkout: Path) -> bool:
    """Skim and read every page in this process, and score what was read."""
    truth = json.loads((checkout / "ground-truth.json").read_text(encoding="utf-8"))
    pages = {key: gzip.decompress((checkout / "html" / f"{key}.html.gz").read_bytes()) for key in truth}
    urls = {key: truth[key].get("url") or f"https://pages.test/{key}" for key in truth}
    skim_times, skims = _timed(lambda key: skim(pages[key], "text/html", urls[key]).text, truth)
    read_times, reads = _timed(lambda key: read(pages[key], "text/html", urls[key]), truth)
    score = _evaluator(checkout).evaluate(truth, {key: {"articleBody": reads[key].text} for key in truth}, 2)
    seen = _evaluator(checkout).evaluate(truth, {key: {"articleBody": skims[key]} for key in truth}, 2)
    print(f"pages                 {len(truth)}")
    print(f"read: F1              {score['f1']:.4f}  (floor {FLOOR})")
    print(f"read: precision       {score['precision']:.4f}")
    print(f"read: recall          {score['recall']:.4f}")
    print(f"skim: recall          {seen['recall']:.4f}")
    print(f"skim: CPU per page    {_shown(skim_times)}")
    print(f"read: CPU per page    {_shown(read_times)}")
    for field in ("title", "author", "language", "published", "published_offset"):
        print(f"read: has {field:<17}{sum(bool(getattr(reading, field)) for reading in reads.values())}")
    print(f"peak memory           {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return bool(score["f1"] >= FLOOR)


def _timed(work: Callable[[str], Any], keys: Any) -> tuple[list[float], dict[str, Any]]:
    times, results = [], {}
    for key in keys:
        start = time.process_time()
        results[key] = work(key)
        times.append(time.process_time() - start)
    return times, results


def _shown(times: list[float]) -> str:
    slowest = max(times) * 1000
    return f"{statistics.mean(times) * 1000:.2f} ms, median {statistics.median(times) * 1000:.2f}, slowest {slowest:.0f}"


def _evaluator(checkout: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("evaluate", checkout / "evaluate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def feeds(checkout: Path) -> bool:
    """Read every file of feedparser's tests in a child that is replaced when it dies or stalls."""
    files = sorted(path for path in (checkout / "tests").rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"})
    counts: Counter[str] = Counter()
    bad: list[str] = []
    slowest = 0.0
    child, pipe = _child()
    for path in files:
        start = time.monotonic()
        pipe.send(str(path))
        answer = _answer(pipe)
        slowest = max(slowest, time.monotonic() - start)
        counts[answer.split(":")[0]] += 1
        if not answer.startswith(("read", "ParseError")):
            bad.append(f"{path.relative_to(checkout)}: {answer}")
        if answer in {"stalled", "died"}:
            child.kill()
            child, pipe = _child()
    child.kill()
    print(f"feeds                 {len(files)}  " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    print(f"slowest feed          {slowest * 1000:.0f} ms  (a stall is {STALL:.0f} s)")
    print("\n".join(bad))
    return not bad


def _child() -> tuple[multiprocessing.process.BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_read_feeds, args=(there,), daemon=True)
    process.start()
    there.close()
    here.recv()  # it has imported everything
    return process, here


def _answer(pipe: Connection) -> str:
    try:
        return str(pipe.recv()) if pipe.poll(STALL) else "stalled"
    except EOFError:
        return "died"


def _read_feeds(pipe: Connection) -> None:
    pipe.send("ready")
    while True:
        body = Path(pipe.recv()).read_bytes()
        try:
            found = feed.parse(body, "application/xml", "https://feeds.test/feed", feed.Config(), NOW)
            pipe.send(f"read{'' if found.links else ' without entries'}")
        except ParseError as error:
            pipe.send(f"ParseError {error.reason}")
        except Exception as error:  # noqa: BLE001  what this benchmark is there to find
            pipe.send(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main())
