"""`python -m netwatch.config`, at the root of the sources: writes the generated reference anew."""

from __future__ import annotations

from pathlib import Path

from netwatch.config.example import example
from netwatch.config.reference import markdown

Path("docs/reference/configuration.md").write_text(markdown(), encoding="utf-8")
Path("config/netwatch.yaml").write_text(example(), encoding="utf-8")
