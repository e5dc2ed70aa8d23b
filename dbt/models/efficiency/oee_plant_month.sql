-- The components of efficiency of a plant's calendar month, summed over the machine-shifts that know them.
{{ plant_efficiency('month', 'month_id') }}
