-- Shift reports: per machine, shift and order one row of good pieces, and one row for each kind of defect found.
-- A row without item, order and quantity says that the machine stood idle; it confirms nothing and stands in
-- shift_calendar. A row with zeros held its order all shift and made nothing. There are no clock times.
-- moldShot x moldCavity is the total; blocked cavities make moldCavity less than the mould's standard.
select
    concat_ws('/', left(recordDate, 10), workingShift, machineCode, poNote, outcome) as confirmation_id,
    poNote as order_id,
    1 as operation_no,
    machineCode as work_unit_id,
    left(recordDate, 10) as production_date,
    workingShift as shift_id,
    left(recordDate, 10) as posting_date,
    case when outcome = 'itemGoodQuantity' then pieces else '0' end as good_qty,
    case when outcome = 'itemGoodQuantity' then '0' else pieces end as scrap_qty,
    case when outcome <> 'itemGoodQuantity' then outcome end as reason_id,
    moldNo as routing_version_id,
    source_file,
    source_line
from shift_report
unpivot include nulls (
    pieces for outcome in (
        itemGoodQuantity,
        itemBlackSpot,
        itemOilDeposit,
        itemScratch,
        itemCrack,
        itemSinkMark,
        itemShort,
        itemBurst,
        itemBend,
        itemStain,
        otherNG
    )
)
where
    concat(itemCode, poNote, itemTotalQuantity) <> ''
    and (outcome = 'itemGoodQuantity' or pieces <> '')
