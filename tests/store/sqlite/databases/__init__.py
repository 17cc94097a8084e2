"""Databases made by earlier versions, named after their commits; make.py makes one."""

import lzma
from pathlib import Path

_HERE = Path(__file__).parent

COMMITS = {path.name.removesuffix(".db.xz") for path in _HERE.glob("*.db.xz")}


def unpacked(commit: str, folder: Path) -> Path:
    """The database made by a commit's program."""
    path = folder / "broadsheet.db"
    path.write_bytes(lzma.decompress((_HERE / f"{commit}.db.xz").read_bytes()))
    return path
