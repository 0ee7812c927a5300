"""Plug-ins by listing a folder: the file name is the kind.

Adding a kind of source or channel is adding one file. A registry is given the package to look in, so that this module
knows no room above it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Registry:
    """The plug-ins of one package, e.g. `Registry("alerts.channels")`. Modules are imported when asked for."""

    package: str

    def kinds(self) -> tuple[str, ...]:
        """The kinds there are, sorted, without importing any of them."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.submodule_search_locations is None:
            return ()
        found = pkgutil.iter_modules(list(spec.submodule_search_locations))
        return tuple(sorted(module.name for module in found if not module.name.startswith("_")))

    def load(self, kind: str) -> ModuleType:
        """The module of a kind. Raises KeyError where there is none."""
        if kind not in self.kinds():
            raise KeyError(kind)
        return importlib.import_module(f"{self.package}.{kind}")

    def config_class(self, kind: str) -> type:
        """The frozen dataclass `Config` that a kind declares for its own keys."""
        config: type = self.load(kind).Config
        return config
