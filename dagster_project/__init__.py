"""When and in what order: Dagster's assets, checks, job and schedule, and the `tieout` command line."""
