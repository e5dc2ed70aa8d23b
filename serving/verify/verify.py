"""Every proof of a build: its files, then every identity that its tables allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from serving.verify import budget, efficiency, ledger, orders, purchases
from serving.verify.build import Build
from serving.verify.files import prove_files
from serving.verify.proof import BROKEN, HOLDS, NOT_APPLICABLE, Identity, Proof, prove


def identities(build: Build) -> list[Identity]:
    """Every identity there is for the tables of this build."""
    return [
        *orders.identities(),
        *purchases.identities(),
        *budget.identities(),
        *ledger.identities(ledger.reconciling_kinds(build)),
        *efficiency.identities(),
    ]


def verify(build: Build, *, files: bool = True, digests: bool = True) -> list[Proof]:
    """Return every proof, files first; several rows have one identity where it is compared in several figures.

    `files` leaves out the comparison with the manifest, `digests` only that of the bytes.
    """
    proofs = prove_files(build, digests=digests) if files else []
    for identity in identities(build):
        proofs += prove(build, identity)
    return proofs


def broken(proofs: Iterable[Proof]) -> list[Proof]:
    """Those that do not hold."""
    return [proof for proof in proofs if proof.status == BROKEN]


def by_identity(proofs: Iterable[Proof]) -> list[Proof]:
    """One proof an identity, over all that was compared for it; broken where a part is."""
    parts: dict[str, list[Proof]] = {}
    for proof in proofs:
        parts.setdefault(proof.identity_id, []).append(proof)
    return [_together(found) for found in parts.values()]


def _together(parts: list[Proof]) -> Proof:
    told = [part for part in parts if part.status != NOT_APPLICABLE]
    if not told:
        return parts[0]
    amounts = [[getattr(part, name) for part in told] for name in ("left_value", "right_value", "difference")]
    left, right, difference = (None if None in values else sum(values, Decimal(0)) for values in amounts)
    off = next((part for part in told if part.status == BROKEN), None)
    return Proof(
        told[0].identity_id,
        told[0].says,
        ", ".join(dict.fromkeys(part.scope for part in told)),
        sum(part.rows_compared for part in told),
        left,
        right,
        difference,
        BROKEN if off else HOLDS,
        off.example if off else None,
    )


def as_rows(proofs: Iterable[Proof]) -> list[dict[str, Any]]:
    """The proofs as proof.json holds them."""
    return [asdict(proof) for proof in proofs]
