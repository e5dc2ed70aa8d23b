-- Vendors. Purchase orders name them by BusinessEntityID, not by account number.
select
    BusinessEntityID as supplier_id,
    Name as name,
    source_file,
    source_line
from vendor
