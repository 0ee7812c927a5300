"""Ten kills at seeded moments; `make crash` makes fifty. Long: the time-out is its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from crash.kill import STAGES, run


@pytest.mark.timeout(300)
def test_ten_kills_lose_nothing(tmp_path: Path) -> None:
    account = run(10, seed=7, folder=tmp_path)
    assert account.good, account
    assert set(account.kills) == set(STAGES), "every stage was reached"
    assert account.deliveries > 100
