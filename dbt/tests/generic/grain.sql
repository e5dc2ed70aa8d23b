{# A model has one row per combination of these columns, and none of them is null but those named `nullable`. `dated`
   names the production date of a model that grows by events: of that, only the dates computed in this run are asked. #}
{% test grain(model, columns, nullable=[], dated=none) %}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ model }}
    {% if dated and not full_history() %} where {{ dated }} in {{ affected_production_dates() }} {% endif %}
    group by all
    having count(*) > 1 {%- for column in columns if column not in nullable %} or {{ column }} is null {%- endfor %}
{% endtest %}
