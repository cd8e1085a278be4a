from __future__ import annotations

import numpy as np

from powrl.workspace.versions import package_versions, versions


def test_versions_name_what_ran() -> None:
    packages = versions()
    assert {"powrl", "python", "grid2op", "lightsim2grid", "numpy"} <= set(packages)


def test_what_is_not_installed_has_no_version() -> None:
    assert package_versions(("numpy", "no-such-package")) == {"numpy": np.__version__}
