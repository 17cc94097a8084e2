"""Building: a wheel holds the defaults, and nothing of older builds (pyproject.toml names this).

In the source tree they stand where people edit them; bot/shipped.py finds them in both.
"""

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

THIS = "deploy/build_defaults.py"
DEFAULTS = (*Path("config").glob("*.yaml"), Path(".env.example"), Path("seeds/example.md.sample"))


class BuildWithDefaults(build_py):
    """Copies the defaults into the package, which begins empty; an editable install has none."""

    def run(self) -> None:
        """Build the package anew: what an older build left in the folder would be in the wheel."""
        left = Path(self.build_lib, "bot")
        if left.exists() and not self.editable_mode:
            shutil.rmtree(left)
        super().run()
        for built, source in self._defaults().items():
            self.mkpath(str(Path(built).parent))
            self.copy_file(source, built)

    def get_source_files(self) -> list[str]:
        """What a source distribution needs."""
        return [*super().get_source_files(), THIS, *map(str, DEFAULTS)]

    def get_outputs(self, include_bytecode: int = 1) -> list[str]:
        """What is built."""
        return [*super().get_outputs(include_bytecode), *self._defaults()]

    def get_output_mapping(self) -> dict[str, str]:
        """What is built, and from which file of the source."""
        return {**super().get_output_mapping(), **self._defaults()}

    def _defaults(self) -> dict[str, str]:
        folder = Path(self.build_lib, "bot", "defaults")
        return {} if self.editable_mode else {str(folder / one.name): str(one) for one in DEFAULTS}
