"""Look into the wheel: what must be in is in, what must not be is not, and the samples stay small."""

from __future__ import annotations

import gzip
import re
import sys
import zipfile

MAX_SAMPLE_BYTES = 6_000_000
REQUIRED = (
    r"twin/py\.typed",
    r"twin/_scenarios/.+\.toml",
    r"twin/_scenarios/.+\.geojson",
    r"twin/compare/.+\.html",
    r"twin/data/bayreuth/.+\.osm\.gz",
    r"twin/data/bayreuth/.+\.tif",
    r"urban_twin-[^/]+\.dist-info/licenses/LICENSE",
    r"urban_twin-[^/]+\.dist-info/entry_points\.txt",
)
FORBIDDEN = (r"(^|/)tests?/", r"(^|/)benchmarks/", r"__pycache__", r"\.nb[ic]$", r"\.pyc$", r"(^|/)notebooks/")


def main(path: str) -> int:
    """Print what the wheel holds; return 1 if something is missing or not wanted."""
    faults = []
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        faults += [f"missing: {rule}" for rule in REQUIRED if not any(re.fullmatch(rule, name) for name in names)]
        faults += [f"not wanted: {name}" for name in names if any(re.search(rule, name) for rule in FORBIDDEN)]
        samples = [info for info in wheel.infolist() if info.filename.startswith("twin/data/")]
        size = sum(info.file_size for info in samples)
        if size > MAX_SAMPLE_BYTES:
            faults.append(f"samples measure {size:,} bytes; at most {MAX_SAMPLE_BYTES:,} are allowed")
        for info in samples:
            if info.filename.endswith((".osm.gz", ".osm")):
                data = wheel.read(info)
                text = gzip.decompress(data) if info.filename.endswith(".gz") else data
                if re.search(rb"\s(user|uid)=", text):
                    faults.append(f"{info.filename} carries names of contributors (user, uid)")
    print(f"{path}: {len(names)} files, samples {size:,} bytes")
    for fault in faults:
        print("  ", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
