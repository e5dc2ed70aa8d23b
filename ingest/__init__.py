"""From delivered extracts to accepted rows: contracts, transports, mappings, the raw store and the demo factory."""
