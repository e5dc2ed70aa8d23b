"""finance.xlsx: the figures of cost and finance as a controller reads them, with formulas that show how they add up."""
