/*---
summary: Eight steps of Gauss-Jordan elimination of one small matrix per group.
grain: one row per group, matrix row and column that is left
internal: true
args: [
  matrix: {type: relation, doc: "The matrices: unit, i (row), j (column), v (value); every cell has a row. Columns 1 to the number of rows are eliminated; others (0, below 0) are right-hand sides."},
  first: {type: integer, default: 1, min: 1, doc: "First column to eliminate; those from it to first + 7 are, where they exist."}]
returns: [
  unit: {type: string, doc: "Group."}, i: {type: integer, doc: "Row."},
  j: {type: integer, doc: "Column; eliminated ones are left out."},
  v: {type: number, doc: "Value; the solution, where every column is eliminated. Null where the matrix is singular."}]
source: "Golub & Van Loan (2013), Matrix computations, 4th edition, chapter 3; without pivoting, as the matrix is positive definite."
---*/
with spread_1 as (
    select
        unit,
        i,
        j,
        v,
        max(case when j = $first then v end) over (partition by unit, i) as c,
        max(case when i = $first then v end) over (partition by unit, j) as r,
        max(case when i = $first and j = $first and v > 1e-9 then v end) over (partition by unit) as p
    from matrix
),

step_1 as (
    select unit, i, j, case when c is null then v when i = $first then v / nullif(p, 0) else v - c * r / nullif(p, 0) end as v
    from spread_1
    where j <> $first
),

spread_2 as (
    select
        unit,
        i,
        j,
        v,
        max(case when j = $first + 1 then v end) over (partition by unit, i) as c,
        max(case when i = $first + 1 then v end) over (partition by unit, j) as r,
        max(case when i = $first + 1 and j = $first + 1 and v > 1e-9 then v end) over (partition by unit) as p
    from step_1
),

step_2 as (
    select unit, i, j, case when c is null then v when i = $first + 1 then v / nullif(p, 0) else v - c * r / nullif(p, 0) end as v
    from spread_2
    where j <> $first + 1
),

spread_3 as (
    select
        unit,
        i,
        j,
        v,
        max(case when j = $first + 2 then v end) over (partition by unit, i) as c,
        max(case when i = $first + 2 then v end) over (partition by unit, j) as r,
        max(case when i = $first + 2 and j = $first + 2 and v > 1e-9 then v end) over (partition by unit) as p
    from step_2
),

step_3 as (
    select unit, i, j, case when c is null then v when i = $first + 2 then v / nullif(p, 0) else v - c * r / nullif(p, 0) end as v
    from spread_3
    where j <> $first + 2
),

spread_4 as (
    select
        unit,
        i,
        j,
        v,
        max(case when j = $first + 3 then v end) over (partition by unit, i) as c,
        max(case when i = $first + 3 then v end) over (partition by unit, j) as r,
        max(case when i = $first + 3 and j = $first + 3 and v > 1e-9 then v end) over (partition by unit) as p
    from step_3
),

step_4 as (
    select unit, i, j, case when c is null then v when i = $first + 3 then v / nullif(p, 0) else v - c * r / nullif(p, 0) end as v
    from spread_4
    where j <> $first + 3
),

spread_5 as (
    select
        unit,
        i,
        j,
        v,
        max(case when j = $first + 4 then v end) over (partition by unit, i) as c,
        max(case when i = $first + 4 then v end) over (partition by unit, j) as r,
        max(case when i = $first + 4 and j = $first + 4 and v > 1e-9 then v end) over (partition by unit) as p
    from step_4
),

step_5 as (
    select unit, i, j, case when c is null then v when i = $first + 4 then v / nullif(p, 0) else v - c * r / nullif(p, 0) end as v
    from spread_5
    where j <> $first + 4
),

spread_6 as (
    select
        unit,
        i,
        j,
        v,
        max(case when j = $first + 5 then v end) over (partition by unit, i) as c,
        max(case when i = $first + 5 then v end) over (partition by unit, j) as r,
        max(case when i = $first + 5 and j = $first + 5 and v > 1e-9 then v end) over (partition by unit) as p
    from step_5
),

step_6 as (
    select unit, i, j, case when c is null then v when i = $first + 5 then v / nullif(p, 0) else v - c * r / nullif(p, 0) end as v
    from spread_6
    where j <> $first + 5
),

spread_7 as (
    select
        unit,
        i,
        j,
        v,
        max(case when j = $first + 6 then v end) over (partition by unit, i) as c,
        max(case when i = $first + 6 then v end) over (partition by unit, j) as r,
        max(case when i = $first + 6 and j = $first + 6 and v > 1e-9 then v end) over (partition by unit) as p
    from step_6
),

step_7 as (
    select unit, i, j, case when c is null then v when i = $first + 6 then v / nullif(p, 0) else v - c * r / nullif(p, 0) end as v
    from spread_7
    where j <> $first + 6
),

spread_8 as (
    select
        unit,
        i,
        j,
        v,
        max(case when j = $first + 7 then v end) over (partition by unit, i) as c,
        max(case when i = $first + 7 then v end) over (partition by unit, j) as r,
        max(case when i = $first + 7 and j = $first + 7 and v > 1e-9 then v end) over (partition by unit) as p
    from step_7
),

step_8 as (
    select unit, i, j, case when c is null then v when i = $first + 7 then v / nullif(p, 0) else v - c * r / nullif(p, 0) end as v
    from spread_8
    where j <> $first + 7
)

select unit, i, j, v
from step_8
