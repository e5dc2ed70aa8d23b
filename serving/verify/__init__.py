"""A second opinion on a published build: its identities worked out again from the Parquet files alone.

Nothing here is shared with the models, and no database is asked: polars reads the files, and every amount is a whole
number of millionths. What two pieces of code agree on to the cent, neither has made up.
"""
