-- The components of efficiency of a plant's production day, summed over the machine-shifts that know them.
{{ plant_efficiency('day', 'production_date') }}
