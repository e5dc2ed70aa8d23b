{# A condition that is true, or unknown for want of data, in every row; `dated` as in grain. #}
{% test holds(model, condition, dated=none) %}
    select * from {{ model }}
    where not ({{ condition }})
        {% if dated and not full_history() %} and {{ dated }} in {{ affected_production_dates() }} {% endif %}
{% endtest %}
