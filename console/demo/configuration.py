"""The configuration of the little world: an ordinary one, written to a folder and read by the ordinary loader."""

from __future__ import annotations

import json
import os
from pathlib import Path

from console.demo.script import Script, Site
from console.demo.sites import FEED_PATHS, HANGING_PATH
from console.demo.world import World
from steppewatch.config.load import load
from steppewatch.config.settings import Settings
from steppewatch.registry import Registry

CONFIG = """\
version: 1
include: [watchlists.yaml, sources.yaml]
project: {name: A little world, timezone: Asia/Almaty, contact: demo@steppewatch.test}
store: sqlite:///steppewatch.db
archive: {path: archive, keep: matched}
crawl:
  per_host: {concurrency: 2, delay: 20ms}
  timeout: 5s
  allow_private: [127.0.0.1/32]
  hosts: HOSTS
  first_poll: {alert_on_newer_than: 14d}
  parse: {workers: 2, wall: 2s, cpu: 2s}
channels:
  - {id: log, kind: file, path: alerts.jsonl}
  - id: mail
    kind: email
    to: [case-worker@steppewatch.test, lawyer@steppewatch.test]
    from: "Steppewatch <watch@steppewatch.test>"
    smtp: {host: 127.0.0.1, port: MAIL_PORT, tls: none}
  - {id: hook, kind: webhook, url: "http://127.0.0.1:HOOK_PORT/hook", secret: {file: webhook.secret}}
health: {channels: [log]}
probes: {port: null}
"""


def write_configuration(folder: Path, script: Script, world: World) -> Path:
    """Write the configuration and what it includes; the path of config.yaml."""
    hosts = dict.fromkeys((site.host for site in script.sites), "127.0.0.1")
    text = (
        CONFIG.replace("HOSTS", json.dumps(hosts))
        .replace("MAIL_PORT", str(world.mail_port))
        .replace("HOOK_PORT", str(world.webhook_port))
    )
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "webhook.secret"
    secret.touch(mode=0o600)
    secret.write_text(world.webhook_secret, encoding="utf-8")
    (folder / "watchlists.yaml").write_text(script.watchlists, encoding="utf-8")
    sources = [source for site in script.sites for source in _sources(site, world.web_port)]
    (folder / "sources.yaml").write_text(json.dumps({"sources": sources}, indent=1), encoding="utf-8")  # JSON is YAML
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def load_configuration(path: Path) -> Settings:
    """Read it as any other."""
    settings, _ = load(path, sources=Registry("crawler.sources"), channels=Registry("alerts.channels"), environ=os.environ)
    return settings


def source_id(site: Site) -> str:
    """The id of a site's source: the first label of its host."""
    return site.host.partition(".")[0]


def hanging_source_id(site: Site) -> str:
    """The id of the second, hanging feed of a site."""
    return f"{source_id(site)}-second"


def _sources(site: Site, port: int) -> list[dict[str, object]]:
    common: dict[str, object] = {"every": {"min": "1s", "max": "1h"}, "language": site.language, "country": "KZ"}
    base = f"http://{site.host}:{port}"
    first = {"id": source_id(site), "url": base + FEED_PATHS[site.format], "fetch": site.fetch, **common}
    if site.format == "listing":
        first |= {"kind": "page", "links": {"css": "ul.news a"}}
    else:
        first |= {"kind": "feed"}
    if site.behaviour != "hangs_parser":
        return [first]
    return [first, {"id": hanging_source_id(site), "kind": "feed", "url": base + HANGING_PATH, **common}]
