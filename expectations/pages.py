"""The pages people open: every check of the last night on one page, with Great Expectations' own pages behind it.

All of them open from disk without a network: what Great Expectations' pages would load from elsewhere is taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from expectations.suite import CheckResult
from settings.home import Home

AREAS = {"warehouse": "Core and marts of the last build", "raw": "Raw rows of the last night"}

_ELSEWHERE = re.compile(
    r"""<script[^>]+src="https?://[^>]*>\s*</script>|<link[^>]+href="https?://[^>]*>|<img[^>]+src="https?://[^>]*>"""
    r"""|<footer.*?</footer>|background:\s*url\('https?://[^;]*;""",
    re.IGNORECASE | re.DOTALL,
)
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; }
td.outcome { white-space: nowrap; font-weight: 600; }
tr.blocks td.outcome { color: #c62828; }
tr.warns td.outcome { color: #b26a00; }
tr.passed td.outcome { color: #2e7d32; }
"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""
_GX_STYLE = (
    "<style>body { font: 15px/1.5 system-ui, sans-serif; margin: 1rem 2rem; } td { padding-right: 1rem; }</style>"
)


def write_pages(home: Home, area: str, results: Sequence[CheckResult]) -> None:
    """Write data_docs/<area>/index.html from the results, and data_docs/index.html over both areas."""
    folder = home.data_docs / area
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checks.json").write_text(json.dumps([asdict(result) for result in results], default=str))
    for page in folder.rglob("*.html"):
        _take_out_what_lies_elsewhere(page)
    section = _section(folder, folder, AREAS[area])
    (folder / "index.html").write_text(_page(AREAS[area], section), encoding="utf-8")
    sections = [
        _section(home.data_docs / name, home.data_docs, title)
        for name, title in AREAS.items()
        if (home.data_docs / name / "checks.json").exists()
    ]
    title = f"Validation of {home.root.name}"
    (home.data_docs / "index.html").write_text(_page(title, "\n".join(sections)), encoding="utf-8")


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=escape(title), style=_STYLE, body=body)


def _take_out_what_lies_elsewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    own = _ELSEWHERE.sub("", text).replace("</head>", f"{_GX_STYLE}</head>", 1)
    if own != text:
        page.write_text(own, encoding="utf-8")


def _section(area: Path, start: Path, title: str) -> str:
    """One table of checks, those that did not pass first; links are relative to the folder `start`."""
    checks: list[dict[str, Any]] = json.loads((area / "checks.json").read_text())
    for check in checks:
        blocks = check["exception"] is not None or check["severity"] == "structural"
        check["outcome"] = "passed" if check["passed"] else "blocks" if blocks else "warns"
    order = {"blocks": 0, "warns": 1, "passed": 2}
    rows = "\n".join(
        f'<tr class="{check["outcome"]}"><td class="outcome">{check["outcome"]}</td>'
        f"<td>{_link(area, start, check)}</td><td>{escape(check['check'])}</td>"
        f"<td>{escape(str(check['message']))}</td></tr>"
        for check in sorted(checks, key=lambda check: (order[check["outcome"]], check["table"], check["check"]))
    )
    passed = sum(check["outcome"] == "passed" for check in checks)
    return (
        f"<h2>{escape(title)}</h2><p>{passed} of {len(checks)} checks passed.</p>"
        f"<table><tr><th>outcome</th><th>table</th><th>check</th><th>what it says</th></tr>\n{rows}</table>"
    )


def _link(area: Path, start: Path, check: dict[str, Any]) -> str:
    name = f"-{check['suite']}.html"
    of_suite = sorted((page for page in (area / "validations").rglob("*.html") if page.name.endswith(name)), key=str)
    if not of_suite:
        return escape(check["table"])
    return f'<a href="{escape(of_suite[-1].relative_to(start).as_posix())}">{escape(check["table"])}</a>'
