-- Every KPI this warehouse publishes, made from the cards that stand beside the columns in the models' YAML.
-- One row per KPI × column that holds it.
{% set cards = [] %}
{% if execute %}
    {% for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='unique_id') %}
        {% for column in node.columns.values() %}
            {% set card = column.meta.get('kpi') or column.config.get('meta', {}).get('kpi') %}
            {% if card %}
                {% do cards.append((node, column, card)) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endif %}
{% for node, column, card in cards %}
select '{{ card.id }}' as kpi_id, '{{ card.name | replace("'", "''") }}' as kpi_name,
    '{{ node.schema }}' as mart_schema, '{{ node.name }}' as mart_table, '{{ column.name }}' as mart_column,
    {{ "'" ~ card.iso ~ "'" if card.iso else 'cast(null as varchar)' }} as iso_22400_id,
    '{{ card.formula | replace("'", "''") }}' as formula, '{{ card.numerator }}' as numerator,
    '{{ card.denominator }}' as denominator, '{{ card.unit }}' as unit, '{{ card.better }}' as better,
    '{{ card.null_rule | replace("'", "''") }}' as null_rule, '{{ card.owner }}' as owner
{{ 'union all' if not loop.last }}
{% else %}
select cast(null as varchar) as kpi_id, cast(null as varchar) as kpi_name, cast(null as varchar) as mart_schema,
    cast(null as varchar) as mart_table, cast(null as varchar) as mart_column,
    cast(null as varchar) as iso_22400_id, cast(null as varchar) as formula, cast(null as varchar) as numerator,
    cast(null as varchar) as denominator, cast(null as varchar) as unit, cast(null as varchar) as better,
    cast(null as varchar) as null_rule, cast(null as varchar) as owner
where false
{% endfor %}
