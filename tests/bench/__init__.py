"""What Tieout costs, measured as ratios side by side in one run. `make bench SCALE=10m`."""
