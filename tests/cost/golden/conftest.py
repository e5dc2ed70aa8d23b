"""The home that the golden cases share, built once however many workers run them."""

from cost.fuzz.conftest import built_once

__all__ = ["built_once"]
