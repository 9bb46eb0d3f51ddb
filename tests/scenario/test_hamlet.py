import importlib
import re
from pathlib import Path

import numpy as np

import twin
from twin.scenario.hamlet import hamlet, warm_up

ROOT = Path(twin.__file__).parent


def test_the_hamlet_is_the_same_place_at_every_resolution():
    coarse, fine = hamlet(4.0), hamlet(2.0)
    assert coarse.spec.bounds == fine.spec.bounds
    assert np.unique(coarse.grid.building_id).tolist() == np.unique(fine.grid.building_id).tolist() == [0, 1, 2, 3, 4]


def test_the_hamlet_says_that_it_is_made_up():
    assert any("made up" in caveat.text_en for caveat in hamlet().meta.caveats)


ON_REQUEST = {
    "distant_kernels",
    "influence_kernels",
    "pet_kernels",
    "perceived_temperature_kernels",
    "shade_kernels",
    "utci_kernels",
    "wall_kernels",
    "wbgt_kernels",
}
"""What no study calls by itself: cities beyond 512 cells, reruns, indices and walls that are asked for."""


def test_warm_up_compiles_every_kernel_that_models_call():
    warm_up()
    models = "\n".join(
        path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py") if not path.stem.endswith("_kernels")
    )
    cold, warm = [], 0
    # kernels of readers and writers compile when a file calls for them
    for path in (path for room in ("heat", "flood", "traffic") for path in (ROOT / room).rglob("*_kernels.py")):
        module = importlib.import_module(".".join(("twin", *path.relative_to(ROOT).with_suffix("").parts)))
        for name, kernel in vars(module).items():
            called = re.search(rf"\.{name}\(|import [^\n]*\b{name}\b|^    {name},?$", models, re.MULTILINE)
            if name != "heat" and hasattr(kernel, "signatures") and called and not kernel.signatures:  # a room's name
                cold.append(f"{module.__name__}.{name}")
            warm += hasattr(kernel, "signatures") and bool(kernel.signatures)
    assert not [name for name in cold if name.split(".")[2] not in ON_REQUEST], cold
    assert warm > 10
