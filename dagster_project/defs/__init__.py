"""Dagster definitions, one file a stage: raw, model, checks, published, and the nightly that runs them."""
