"""What columns mean, from the doc blocks that stand beside the models; read where the project's files are installed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_DOCS = Path(__file__).parents[2] / "dbt/models/docs"
_BLOCK = re.compile(r"{%-?\s*docs\s+(\w+)\s*-?%}(.*?){%-?\s*enddocs\s*-?%}", re.DOTALL)


@cache
def column_meanings(docs: Path = _DOCS) -> dict[str, str]:
    """Return the meaning of every documented column by its name; empty where the docs are not installed."""
    return {
        name: " ".join(meaning.split())
        for file in sorted(docs.glob("*.md"))
        for name, meaning in _BLOCK.findall(file.read_text(encoding="utf-8"))
    }
