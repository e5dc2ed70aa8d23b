{# A condition that is true, or unknown for want of data, in every row. #}
{% test holds(model, condition) %}
    select * from {{ model }} where not ({{ condition }})
{% endtest %}
