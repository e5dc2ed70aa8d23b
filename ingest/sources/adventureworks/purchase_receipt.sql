-- Received purchase order lines. There are no receipt documents: a line's ReceivedQty counts as one receipt on the
-- header's ship date, rejected pieces included. Lines of orders marked rejected (Status 3) have receipts as well.
-- The unit stands in neither table: it is the one in which the vendor sells the product (blank-padded: 'CTN').
select
    purchase_order_detail.PurchaseOrderID as receipt_id,
    purchase_order_detail.PurchaseOrderDetailID as line_no,
    purchase_order_header.VendorID as supplier_id,
    purchase_order_detail.ProductID as item_id,
    purchase_order_detail.ReceivedQty as qty,
    trim(product_vendor.UnitMeasureCode) as uom,
    purchase_order_detail.UnitPrice as price_amount,
    1 as price_unit_qty,
    'USD' as currency_code,
    left(purchase_order_header.ShipDate, 10) as posting_date,
    purchase_order_detail.source_file,
    purchase_order_detail.source_line
from purchase_order_detail
left join purchase_order_header
    on purchase_order_detail.PurchaseOrderID = purchase_order_header.PurchaseOrderID
left join product_vendor
    on
        purchase_order_detail.ProductID = product_vendor.ProductID
        and purchase_order_header.VendorID = product_vendor.BusinessEntityID
