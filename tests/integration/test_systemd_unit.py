"""The systemd unit is shut tight, and leaves what the program needs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

UNIT = Path(__file__).parents[2] / "contrib" / "steppewatch.service"
FIRST_OFFLINE = 250  # the systemd that can rate a file
MAX_EXPOSURE = 1.5
SHUT = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateUsers": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "ProtectProc": "invisible",
    "ProcSubset": "pid",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "SystemCallArchitectures": "native",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
    "LimitCORE": "0",
}


def directives() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def rating() -> float | None:
    """What systemd says, where there is one that can."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        return None
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.split()[1].split(".")[0]) < FIRST_OFFLINE:
        return None
    command = [tool, "security", "--offline=true", "--no-pager", str(UNIT)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", output)
    assert found is not None, output
    return float(found[1])


def test_systemd_rates_it_as_shut_tight() -> None:
    exposure = rating()
    if exposure is None:  # the directives that make the rating, then
        exposure = sum(directives().get(key) != [value] for key, value in SHUT.items())
    assert exposure <= MAX_EXPOSURE


def test_every_door_that_can_be_shut_is_shut() -> None:
    found = directives()
    assert {key: found.get(key) for key in SHUT} == {key: [value] for key, value in SHUT.items()}
    assert found["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]


def test_it_speaks_the_protocol_of_the_daemon() -> None:
    found = directives()
    assert found["Type"] == ["notify"]
    assert found["NotifyAccess"] == ["main"]
    assert found["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert found["ExecStart"] == ["/opt/steppewatch/.venv/bin/steppewatch run --config /etc/steppewatch/config.yaml"]
    assert int(found["WatchdogSec"][0]) >= 30
    assert found["StateDirectory"] == ["steppewatch"]
    assert found["RestartPreventExitStatus"] == ["2"]


def test_every_directive_stands_once() -> None:
    assert [key for key, values in directives().items() if len(values) > 1] == ["SystemCallFilter"]
