/*---
summary: Which cells of a table by segment are hidden - those of few customers, and those that protect them.
grain: one row per row of cells
internal: true
args: [
  cells: {type: relation, doc: "One row per scheme, segment, place_1 and place_2: customers, and the sum amount."},
  min_n: {doc: "Fewer customers: hidden."}]
returns: [
  scheme, segment,
  place_1: {type: integer, doc: "First place of the cell."},
  place_2: {type: integer, doc: "Second place of the cell."},
  customers: {doc: "Customers."},
  amount: {type: number, doc: "The sum, whether hidden or not."},
  is_hidden: {type: integer, range: "0 or 1", doc: "1 where the sum is hidden: never in one segment of a cell alone where others have it, nor in one place_2 alone of a segment and place_1 where others have customers."}]
source: "See complementary and docs/decisions.md#small-numbers. The segments of a cell are looked at once more after its places, as in score_statistics."
---*/
with counted as (
    select scheme, segment, place_1, place_2, customers, amount, case when customers < $min_n then 1 else 0 end as is_hidden
    from cells
),

segments_protected as (
    select
        scheme,
        segment,
        place_1,
        place_2,
        customers,
        amount,
        complementary(is_hidden, customers, $min_n, segment, scheme, place_1, place_2) as is_hidden
    from counted
),

places_protected as (
    select
        scheme,
        segment,
        place_1,
        place_2,
        customers,
        amount,
        complementary(is_hidden, customers, $min_n, place_2, scheme, segment, place_1) as is_hidden
    from segments_protected
)

select
    scheme,
    segment,
    place_1,
    place_2,
    customers,
    amount,
    complementary(is_hidden, customers, $min_n, segment, scheme, place_1, place_2) as is_hidden
from places_protected
