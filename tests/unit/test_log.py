"""The log tells ids and nothing else, whoever writes into it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import pytest

from steppewatch.log import HIDDEN, keep_ids_only

ROOT = Path(__file__).parents[2]
NAMES = [
    "Serikjan Bilash",
    "Серикжан Билаш",
    "Серікжан Біләш",
    "سەرىكجان بىلاش",
    "赛力克江·比拉什",
    "Serikcan Bilaş",
]

PROGRAM = """
import logging, sys, threading, warnings
import structlog
from steppewatch import log
from steppewatch.errors import SteppewatchError
from steppewatch.registry import Registry

log.configure(sys.argv[1], sys.argv[2])
ours = structlog.get_logger()
for name in sys.argv[3:]:
    address = "https://news.test/" + name
    ours.debug("source_polled", source="azattyq", link=12, seconds=0.5, title=name, url=address)
    ours.info("source_polled %s" % name)
    ours.info("said %s", name)
    ours.warning("alert_made", source=name, reason=[name], watch="bilash", alert={"name": name})
    ours.bind(source=name).error("bound", frames=[name])
    structlog.contextvars.bind_contextvars(channel=name)
    ours.info("bound_for_the_task")
    try:
        try:
            raise ValueError(name)
        except ValueError as error:
            raise SteppewatchError(address) from error
    except SteppewatchError as error:
        ours.exception("caught")
        ours.error("passed", error=error)
        logging.getLogger("scrapy.core.engine").exception("Crawled %s", address)
        logging.getLogger("asyncio").error("bad: " + name, exc_info=error)
    logging.getLogger("scrapy." + name).debug("Crawled <GET %s>", address)
    logging.getLogger("twisted").critical("%d", name)
    logging.warning(name)
    warnings.warn(name)
    def fail():
        raise KeyError(name)
    thread = threading.Thread(target=fail, name=name)
    thread.start()
    thread.join()
    class Unclean:
        def __del__(self):
            raise RuntimeError(name)
    Unclean()
try:
    Registry("steppewatch").load(name)
except KeyError:
    ours.exception("not_there")
raise RuntimeError(name)
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        check=False,
    )


@pytest.mark.parametrize("format", ["json", "text", "auto"])
def test_no_name_in_any_script_gets_through_at_debug_level(format: str) -> None:
    result = run("debug", format, *NAMES)
    output = result.stdout + result.stderr + result.stderr.encode().decode("unicode_escape", "replace")
    assert result.returncode == 1  # the exception at the end was not swallowed
    assert "third_party" in output
    for name in NAMES:
        for word in (name, name.encode("unicode_escape").decode(), *name.replace("·", " ").split()):
            assert word not in output
    assert "news.test" not in output
    assert "bilash" not in output.lower()


def test_json_lines_keep_the_ids_the_types_and_the_places() -> None:
    lines = [json.loads(line) for line in run("debug", "auto", NAMES[1]).stderr.splitlines()]
    polled = next(line for line in lines if line["event"] == "source_polled")
    assert polled.pop("timestamp").endswith("Z")
    assert polled == {"event": "source_polled", "level": "debug", "source": "azattyq", "link": 12, "seconds": 0.5}
    caught = next(line for line in lines if line["event"] == "caught")
    assert caught["error"] == "SteppewatchError:ValueError"
    passed = next(line for line in lines if line["event"] == "passed")
    assert passed["error"] == caught["error"]
    scrapy = [line for line in lines if line.get("logger") == "scrapy.core.engine"]
    assert [(line["event"], line["level"], line["error"]) for line in scrapy] == [
        ("third_party", "error", "SteppewatchError:ValueError")
    ]
    assert re.fullmatch(r"registry\.py:\d+", next(line for line in lines if line["event"] == "not_there")["frames"][-1])
    assert {"thread_failed", "clean_up_failed", "process_failed"} <= {line["event"] for line in lines}
    assert "py.warnings" in {line.get("logger") for line in lines}


def test_the_level_holds_for_us_and_for_others() -> None:
    levels = {json.loads(line)["level"] for line in run("error", "json", "x").stderr.splitlines()}
    assert levels == {"error", "critical"}


def test_a_log_nobody_reads_does_not_stop_the_work() -> None:
    program = (
        "import os, sys, structlog\n"
        "from steppewatch import log\n"
        "log.configure('info', 'json')\n"
        "reader, writer = os.pipe(); os.dup2(writer, 2); os.close(writer); os.close(reader)\n"
        "structlog.get_logger().info('lost')\n"
        "print('went on')\n"
        "sys.stdout.flush(); os._exit(0)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.stdout == "went on\n"


TERMINAL = """
import os, pty, sys
pid, handle = pty.fork()
if pid == 0:
    import structlog
    from steppewatch import log
    log.configure("info", "auto")
    structlog.get_logger().info("started", pid=1)
    os._exit(0)
data = b""
while True:
    try:
        part = os.read(handle, 4096)
    except OSError:
        break
    if not part:
        break
    data += part
os.waitpid(pid, 0)
sys.stdout.buffer.write(data)
"""


@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_lines_for_people_with_colours_unless_unwanted(no_color: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    environment |= {"NO_COLOR": no_color, "TERM": "xterm"}
    result = subprocess.run(
        [sys.executable, "-c", TERMINAL], capture_output=True, cwd=ROOT, env=environment, timeout=60, check=True
    )
    assert b"started" in result.stdout
    assert not result.stdout.startswith(b"{")
    assert (b"\x1b[" in result.stdout) is not bool(no_color)


class Reason(StrEnum):
    NEW = "new"


def test_values_that_do_not_look_like_ids_are_hidden() -> None:
    event = {
        "event": "delivered",
        "source": "Radio Azattyq",
        "channel": "ops:webhook-1",
        "reason": Reason.NEW,
        "status": 200,
        "count": True,
        "link": None,
        "alert": b"bytes",
        "title": "anything",
        "watch": "bilash",
        "id": "x" * 81,
        "frames": ["pool.py:12", "Билаш"],
    }
    kept = keep_ids_only(None, "info", event)
    assert kept == {
        "event": "delivered",
        "source": HIDDEN,
        "channel": "ops:webhook-1",
        "reason": "new",
        "status": 200,
        "count": True,
        "link": None,
        "alert": HIDDEN,
        "id": HIDDEN,
        "frames": ["pool.py:12", HIDDEN],
    }
    assert type(kept["reason"]) is str
