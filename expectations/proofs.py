"""What `meta.proof` says is broken, in words that name the identity, where it broke and by how much."""

from __future__ import annotations

import duckdb

from settings.home import Home

_BROKEN = """
    select identity_id, scope, difference, rows_compared, broken_at from meta.proof
    where status = 'broken' order by identity_id, scope
"""


def broken_proofs(home: Home) -> list[str]:
    """Return one line for each identity that does not hold in the build file; none where it holds no proofs."""
    if not home.warehouse.exists():
        return []
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        try:
            rows = connection.execute(_BROKEN).fetchall()
        except duckdb.CatalogException:
            return []
    return [
        f"{identity} does not hold for {scope}: {difference.normalize():f} over {count} comparisons"
        + (f", at {places}" if places else "")
        for identity, scope, difference, count, places in rows
    ]
