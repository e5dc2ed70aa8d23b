-- The kinds of defect, which the shift report has as columns: a reason is named as the column is headed (line 1).
-- otherNG is the plant's own rest category and holds four fifths of all defects.
select
    defect.reason_id,
    defect.name,
    'production_reject' as loss_category,
    min(shift_report.source_file) as source_file,
    1 as source_line
from shift_report
cross join (
    values
    ('itemBlackSpot', 'Black spot'),
    ('itemOilDeposit', 'Oil deposit'),
    ('itemScratch', 'Scratch'),
    ('itemCrack', 'Crack'),
    ('itemSinkMark', 'Sink mark'),
    ('itemShort', 'Short shot'),
    ('itemBurst', 'Burst'),
    ('itemBend', 'Bend'),
    ('itemStain', 'Stain'),
    ('otherNG', 'Other defect')
) as defect (reason_id, name)
group by defect.reason_id, defect.name
