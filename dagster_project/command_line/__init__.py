"""The `tieout` commands, one file each; heavy imports stand inside the functions so that `--help` answers at once."""
