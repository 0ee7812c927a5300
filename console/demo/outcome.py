"""What should have come of the little world, and what is still missing."""

from __future__ import annotations

from dataclasses import dataclass

from console.demo.configuration import hanging_source_id, source_id
from console.demo.receivers import Arrival
from console.demo.script import Expectation, Piece, Script, Site
from console.demo.sites import FEED_PATHS
from console.demo.world import World
from steppewatch.model import Alert
from steppewatch.store import Connection, alerts, outbox, quarantine, sources


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the store says at one moment."""

    alerts: tuple[Alert, ...]
    sent: frozenset[tuple[str, str, str]]  # (alert, channel, recipient)
    quarantined: frozenset[str]
    recovered: frozenset[str]


def snapshot(db: Connection) -> Snapshot:
    """Read what `missing` needs, in one query of the store."""
    records = outbox.listing(db, state=outbox.OutboxState.SENT)
    return Snapshot(
        alerts=alerts.newest(db),
        sent=frozenset((record.alert, record.channel, record.recipient) for record in records),
        quarantined=frozenset(kept.source for kept in quarantine.listing(db)),
        recovered=frozenset(state.id for state in sources.states(db) if state.last_success is not None),
    )


def missing(script: Script, world: World, seen: Snapshot) -> tuple[str, ...]:
    """One line for everything that should have happened and has not; empty when all is well."""
    lines = [line for piece in script.pieces for line in _missing_alerts(piece, world, seen)]
    unexpected = _unexpected(script, seen)
    behaviour = [line for site in script.sites for line in _missing_behaviour(site, world, seen)]
    return (*lines, *unexpected, *behaviour)


def expected_count(script: Script) -> int:
    """How many alerts should arrive."""
    return sum(len(piece.expect) for piece in script.pieces)


def _missing_alerts(piece: Piece, world: World, seen: Snapshot) -> list[str]:
    lines = []
    for expectation in piece.expect:
        alert = next((one for one in seen.alerts if one.watch == expectation.watch and _is_about(one, piece)), None)
        if alert is None:
            lines.append(f"{piece.id}: no alert for {expectation.watch}")
        else:
            lines += [f"{piece.id}: {expectation.watch}: {line}" for line in _missing_events(expectation, alert)]
            lines += [f"{piece.id}: {expectation.watch}: {line}" for line in _missing_arrivals(alert, world, seen)]
    return lines


def _missing_events(expectation: Expectation, alert: Alert) -> list[str]:
    told = {(str(event.type), str(event.status), event.date) for event in alert.events}
    wanted = set(expectation.events)
    return [f"event {_words(one)} not told" for one in sorted(wanted - told, key=str)] + [
        f"event {_words(one)} told, but the article has none" for one in sorted(told - wanted, key=str)
    ]


def _words(event: tuple[str, str, str | None]) -> str:
    return " ".join(part or "without a date" for part in event)


def _missing_arrivals(alert: Alert, world: World, seen: Snapshot) -> list[str]:
    lines = []
    arrived: list[Arrival] = [*world.mail.arrivals, *world.webhook.arrivals]
    here = {(one.channel, one.recipient) for one in arrived if one.alert == alert.id}
    for channel, recipient in (
        ("mail", "case-worker@steppewatch.test"),
        ("mail", "lawyer@steppewatch.test"),
        ("hook", "endpoint"),
    ):
        if (channel, recipient) not in here or (alert.id, channel, recipient) not in seen.sent:
            lines.append(f"not delivered to {channel} {recipient}")
    return lines


def _unexpected(script: Script, seen: Snapshot) -> list[str]:
    wanted = [(expectation.watch, piece) for piece in script.pieces for expectation in piece.expect]
    told = [alert for alert in seen.alerts if alert.watch]
    return [
        f"unexpected alert for {alert.watch}"
        for alert in told
        if not any(watch == alert.watch and _is_about(alert, piece) for watch, piece in wanted)
    ]


def _missing_behaviour(site: Site, world: World, seen: Snapshot) -> list[str]:
    behaviour, feed = site.behaviour, FEED_PATHS[site.format]
    if behaviour == "not_modified" and not world.sites.answers[(site.host, feed, 304)]:
        return [f"{site.host}: no 304 yet"]
    if behaviour == "recovers" and source_id(site) not in seen.recovered:
        return [f"{site.host}: not recovered yet"]
    if behaviour == "hangs_parser" and hanging_source_id(site) not in seen.quarantined:
        return [f"{site.host}: the hanging feed is not quarantined yet"]
    if behaviour == "robots" and any(host == site.host and "/private/" in path for host, path, _ in world.sites.answers):
        return [f"{site.host}: /private/ was fetched against robots.txt"]
    return []


def _is_about(alert: Alert, piece: Piece) -> bool:
    return f"//{piece.site}:" in alert.article_url and alert.article_url.endswith(piece.path)
