"""Real pages and odd feeds through the whole job: served from loopback, polled by `steppewatch once`, read from its store.

    python benchmarks/whole_job.py --pages PATH      a checkout of scrapinghub/article-extraction-benchmark
    python benchmarks/whole_job.py --feeds PATH      a checkout of kurtmckee/feedparser: every file of its tests is a source

`--pages` serves the 181 pages behind a feed, with a watch on words so frequent that every page is read with care; it fails
if one is not stored, or if the F1 of the stored texts (the checkout's own evaluate.py) is under the floor. `--feeds` fails
if a source was not polled, or if the daemon stalled. CPU and memory are those of all processes of `once` together.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from steppewatch.store import Store, articles, links, quarantine, sources  # noqa: E402  (the tree comes first)

FLOOR = 0.955
LIMIT = 1800.0  # seconds for one run
SAMPLE = 0.1
WORDS = ["the", "and", "of", "to", "in", "is", "de", "la", "на", "не", "商標", "드라마"]
Answer = tuple[str, bytes]  # content type and body


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took: wall and CPU seconds of all its processes, peak memory in MB (PSS, summed)."""

    wall: float
    cpu: float
    memory: float


def main() -> int:
    parser = argparse.ArgumentParser(description="Run real pages and odd feeds through the whole job.")
    parser.add_argument("--pages", type=Path, metavar="PATH", help="checkout of article-extraction-benchmark")
    parser.add_argument("--feeds", type=Path, metavar="PATH", help="checkout of feedparser")
    args = parser.parse_args()
    if args.pages is None and args.feeds is None:
        parser.error("give --pages or --feeds")
    good = args.pages is None or pages(args.pages)
    good = (args.feeds is None or feeds(args.feeds)) and good
    return 0 if good else 1


def pages(checkout: Path) -> bool:
    """The 181 pages behind one feed."""
    truth = json.loads((checkout / "ground-truth.json").read_text(encoding="utf-8"))
    bodies = {key: gzip.decompress((checkout / "html" / f"{key}.html.gz").read_bytes()) for key in truth}
    with tempfile.TemporaryDirectory() as name, _Site() as site:
        folder = Path(name)
        when = format_datetime(datetime.now(UTC))
        items = "".join(f"<item><link>{site.url(f'/{key}')}</link><pubDate>{when}</pubDate></item>" for key in truth)
        site.serve("/feed", "text/xml", f"<rss version='2.0'><channel><title>Pages</title>{items}</channel></rss>".encode())
        for key, body in bodies.items():
            site.serve(f"/{key}", "text/html", body)
        _configure(folder, [{"id": "pages", "url": site.url("/feed")}])
        cost = _once(folder)
        found = _ask(folder, articles.newest)
    texts = {stored.article.url.rpartition("/")[2]: stored.article.text for stored in found}
    score = _evaluate(checkout, truth, {key: {"articleBody": texts.get(key, "")} for key in truth})
    print(
        f"pages stored          {len(texts)} of {len(truth)}, "
        f"read with care: {sum(one.article.archive is not None for one in found)}"
    )
    print(f"F1 of stored texts    {score['f1']:.4f}  (floor {FLOOR})")
    _print_cost(cost, len(truth), "article")
    return len(texts) == len(truth) and bool(score["f1"] >= FLOOR)


def feeds(checkout: Path) -> bool:
    """Every file of feedparser's tests as a source of its own."""
    files = sorted(path for path in (checkout / "tests").rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"})
    with tempfile.TemporaryDirectory() as name, _Site() as site:
        folder = Path(name)
        for number, path in enumerate(files):
            site.serve(f"/{number}", "application/xml", path.read_bytes())
        listed = [{"id": f"f{number}", "url": site.url(f"/{number}"), "fetch": "feed"} for number in range(len(files))]
        _configure(folder, listed)
        cost = _once(folder)
        states = _ask(folder, sources.states)
        waiting, quarantined = _ask(folder, links.count_by_state), _ask(folder, quarantine.listing)
    reasons = Counter(state.last_reason or "never polled" for state in states)
    print(f"feeds polled          {len(files) - reasons['never polled']} of {len(files)}: {dict(reasons)}")
    print(f"links                 {waiting}")
    print(f"quarantined           {[kept.reason for kept in quarantined]}")
    _print_cost(cost, len(files), "feed")
    return reasons["never polled"] == 0 and "waiting" not in waiting


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that goes away is none of our concern."""


# -- the run -----------------------------------------------------------------------------------------------------------
class _Site:
    """A web server in a thread."""

    def __enter__(self) -> _Site:
        self._answers: dict[str, Answer] = {}
        answers = self._answers

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                content_type, body = answers.get(self.path, ("text/plain", b""))
                self.send_response(200 if self.path in answers else 404)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self._server = _QuietServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self, path: str, content_type: str, body: bytes) -> None:
        self._answers[path] = (content_type, body)

    def url(self, path: str) -> str:
        return f"http://pages.test:{self._server.server_port}{path}"


def _configure(folder: Path, listed: list[dict[str, Any]]) -> None:
    settings = {
        "version": 1,
        "project": {"name": "benchmark", "contact": "benchmark@example.org"},
        "store": "sqlite:///store.db",
        "archive": {"path": "archive", "keep": "matched"},
        "crawl": {
            "allow_private": ["127.0.0.1/32"],
            "hosts": {"pages.test": "127.0.0.1"},
            "per_host": {"concurrency": 8, "delay": "0s"},
        },
        "sources": [{"kind": "feed", **source} for source in listed],
        "watchlists": [{"id": "all", "watches": [{"id": "words", "kind": "keyword", "terms": WORDS}]}],
        "channels": [{"id": "log", "kind": "file", "path": "alerts.jsonl"}],
        "log": {"level": "error"},
    }
    (folder / "config.yaml").write_text(json.dumps(settings), encoding="utf-8")


def _once(folder: Path) -> Cost:
    """Run `steppewatch once`, and look at all its processes ten times a second."""
    command = [sys.executable, "-m", "console", "once", "--config", str(folder / "config.yaml")]
    began = time.monotonic()
    cpu: dict[int, float] = {}
    memory = 0.0
    with subprocess.Popen(command, cwd=ROOT) as running:
        while running.poll() is None:
            if time.monotonic() - began > LIMIT:
                running.kill()
                sys.exit(f"still running after {LIMIT:.0f} s: stalled")
            pids = [running.pid, *_descendants(running.pid)]
            cpu |= {pid: max(cpu.get(pid, 0.0), _cpu(pid)) for pid in pids}
            memory = max(memory, sum(_pss(pid) for pid in pids))
            time.sleep(SAMPLE)
        if running.returncode:
            sys.exit(f"once ended with {running.returncode}")
    return Cost(time.monotonic() - began, sum(cpu.values()), memory)


def _print_cost(cost: Cost, count: int, unit: str) -> None:
    print(f"wall                  {cost.wall:.1f} s, {cost.wall / count * 1000:.0f} ms a {unit}")
    print(f"CPU, all processes    {cost.cpu:.1f} s, {cost.cpu / count * 1000:.0f} ms a {unit}")
    print(f"peak memory (PSS)     {cost.memory:.0f} MB")


def _ask(folder: Path, query: Callable[..., Any]) -> Any:
    store = Store.open(folder / "store.db", create=False)
    try:
        return store.read_now(query)
    finally:
        store.close_now()


def _evaluate(checkout: Path, truth: dict[str, Any], answers: dict[str, Any]) -> Any:
    spec = importlib.util.spec_from_file_location("evaluate", checkout / "evaluate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.evaluate(truth, answers, 2)


# -- processes (Linux) -------------------------------------------------------------------------------------------------
def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in _proc(children).split()]
    return [*found, *(below for child in found for below in _descendants(child))]


def _cpu(pid: int) -> float:
    fields = _proc(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _pss(pid: int) -> float:
    lines = _proc(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def _proc(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return ""


if __name__ == "__main__":
    sys.exit(main())
