/*---
summary: Shares of R² of up to eight drivers, each the mean of what it adds to every set of the others.
grain: one row per scheme, segment and driver
internal: true
args: [
  covariances: {type: relation, doc: "Per scheme and segment: c11 to c88, c1y to c8y and cyy, covariances of drivers and target on any common scale; tiny, below which a variance counts as 0; available, how many drivers there are."},
  drivers: {type: integer, min: 1, max: 8, doc: "Largest number of drivers: shortens the statement."}]
returns: [
  scheme, segment,
  place: {type: integer, doc: "Number of the driver, 1 to available."},
  share: {type: number, range: "[0, 1]", doc: "What the driver adds to R², averaged over all orders of entering; sums to r_squared. Null where the target does not vary."},
  r_squared: {type: number, range: "[0, 1]", doc: "R² with all drivers."},
  is_redundant: {type: integer, doc: "1 where the driver is a combination of the others, or does not vary, else 0."}]
source: "Lindeman, Merenda & Gold (1980), p. 119 ff., as in Gromping (2006), Journal of Statistical Software 17(1): the Shapley value of R2."
---*/
-- One step per driver: every row becomes two, one with the driver eliminated. p, one over the pivot, is a maximum over the row
-- itself: a window keeps planners from merging the steps into one expression, which grows threefold with each.
with bits as (
    select 0 as bit
    union all
    select 1 as bit
),

step_0 as (
    select
        scheme, segment, tiny, available, cyy as total, bit as set_no, bit as size, 0 as pivots,
        c12, c13, c14, c15, c16, c17, c18, c1y, c22, c23, c24, c25, c26, c27, c28, c2y, c33, c34, c35, c36, c37, c38, c3y, c44, c45, c46, c47, c48,
        c4y, c55, c56, c57, c58, c5y, c66, c67, c68, c6y, c77, c78, c7y, c88, c8y, cyy,
        max(case when bit = 1 and c11 > tiny then power(c11, -1e0) else 0e0 end) over (partition by scheme, segment, bit) as p
    from covariances
    cross join bits
    where bit = 0 or available >= 1
),

step_1 as (
    select
        scheme, segment, tiny, available, total,
        set_no + 2 * bit as set_no, size + bit as size,
        pivots + case when p > 0 then 1 else 0 end as pivots,
        c23 - c12 * c13 * p as c23, c24 - c12 * c14 * p as c24, c25 - c12 * c15 * p as c25, c26 - c12 * c16 * p as c26, c27 - c12 * c17 * p as c27,
        c28 - c12 * c18 * p as c28, c2y - c12 * c1y * p as c2y, c33 - c13 * c13 * p as c33, c34 - c13 * c14 * p as c34, c35 - c13 * c15 * p as c35,
        c36 - c13 * c16 * p as c36, c37 - c13 * c17 * p as c37, c38 - c13 * c18 * p as c38, c3y - c13 * c1y * p as c3y, c44 - c14 * c14 * p as c44,
        c45 - c14 * c15 * p as c45, c46 - c14 * c16 * p as c46, c47 - c14 * c17 * p as c47, c48 - c14 * c18 * p as c48, c4y - c14 * c1y * p as c4y,
        c55 - c15 * c15 * p as c55, c56 - c15 * c16 * p as c56, c57 - c15 * c17 * p as c57, c58 - c15 * c18 * p as c58, c5y - c15 * c1y * p as c5y,
        c66 - c16 * c16 * p as c66, c67 - c16 * c17 * p as c67, c68 - c16 * c18 * p as c68, c6y - c16 * c1y * p as c6y, c77 - c17 * c17 * p as c77,
        c78 - c17 * c18 * p as c78, c7y - c17 * c1y * p as c7y, c88 - c18 * c18 * p as c88, c8y - c18 * c1y * p as c8y,
        cyy - c1y * c1y * p as cyy,
        max(case when bit = 1 and c22 - c12 * c12 * p > tiny then power(c22 - c12 * c12 * p, -1e0) else 0e0 end)
            over (partition by scheme, segment, set_no, bit) as p
    from step_0
    cross join bits
    where bit = 0 or ($drivers >= 2 and available >= 2)
),

step_2 as (
    select
        scheme, segment, tiny, available, total,
        set_no + 4 * bit as set_no, size + bit as size,
        case when $drivers >= 2 then pivots + case when p > 0 then 1 else 0 end else pivots end as pivots,
        c34 - c23 * c24 * p as c34, c35 - c23 * c25 * p as c35, c36 - c23 * c26 * p as c36, c37 - c23 * c27 * p as c37, c38 - c23 * c28 * p as c38,
        c3y - c23 * c2y * p as c3y, c44 - c24 * c24 * p as c44, c45 - c24 * c25 * p as c45, c46 - c24 * c26 * p as c46, c47 - c24 * c27 * p as c47,
        c48 - c24 * c28 * p as c48, c4y - c24 * c2y * p as c4y, c55 - c25 * c25 * p as c55, c56 - c25 * c26 * p as c56, c57 - c25 * c27 * p as c57,
        c58 - c25 * c28 * p as c58, c5y - c25 * c2y * p as c5y, c66 - c26 * c26 * p as c66, c67 - c26 * c27 * p as c67, c68 - c26 * c28 * p as c68,
        c6y - c26 * c2y * p as c6y, c77 - c27 * c27 * p as c77, c78 - c27 * c28 * p as c78, c7y - c27 * c2y * p as c7y, c88 - c28 * c28 * p as c88,
        c8y - c28 * c2y * p as c8y,
        case when $drivers >= 2 then cyy - c2y * c2y * p else cyy end as cyy,
        max(case when bit = 1 and c33 - c23 * c23 * p > tiny then power(c33 - c23 * c23 * p, -1e0) else 0e0 end)
            over (partition by scheme, segment, set_no, bit) as p
    from step_1
    cross join bits
    where bit = 0 or ($drivers >= 3 and available >= 3)
),

step_3 as (
    select
        scheme, segment, tiny, available, total,
        set_no + 8 * bit as set_no, size + bit as size,
        case when $drivers >= 3 then pivots + case when p > 0 then 1 else 0 end else pivots end as pivots,
        c45 - c34 * c35 * p as c45, c46 - c34 * c36 * p as c46, c47 - c34 * c37 * p as c47, c48 - c34 * c38 * p as c48, c4y - c34 * c3y * p as c4y,
        c55 - c35 * c35 * p as c55, c56 - c35 * c36 * p as c56, c57 - c35 * c37 * p as c57, c58 - c35 * c38 * p as c58, c5y - c35 * c3y * p as c5y,
        c66 - c36 * c36 * p as c66, c67 - c36 * c37 * p as c67, c68 - c36 * c38 * p as c68, c6y - c36 * c3y * p as c6y, c77 - c37 * c37 * p as c77,
        c78 - c37 * c38 * p as c78, c7y - c37 * c3y * p as c7y, c88 - c38 * c38 * p as c88, c8y - c38 * c3y * p as c8y,
        case when $drivers >= 3 then cyy - c3y * c3y * p else cyy end as cyy,
        max(case when bit = 1 and c44 - c34 * c34 * p > tiny then power(c44 - c34 * c34 * p, -1e0) else 0e0 end)
            over (partition by scheme, segment, set_no, bit) as p
    from step_2
    cross join bits
    where bit = 0 or ($drivers >= 4 and available >= 4)
),

step_4 as (
    select
        scheme, segment, tiny, available, total,
        set_no + 16 * bit as set_no, size + bit as size,
        case when $drivers >= 4 then pivots + case when p > 0 then 1 else 0 end else pivots end as pivots,
        c56 - c45 * c46 * p as c56, c57 - c45 * c47 * p as c57, c58 - c45 * c48 * p as c58, c5y - c45 * c4y * p as c5y, c66 - c46 * c46 * p as c66,
        c67 - c46 * c47 * p as c67, c68 - c46 * c48 * p as c68, c6y - c46 * c4y * p as c6y, c77 - c47 * c47 * p as c77, c78 - c47 * c48 * p as c78,
        c7y - c47 * c4y * p as c7y, c88 - c48 * c48 * p as c88, c8y - c48 * c4y * p as c8y,
        case when $drivers >= 4 then cyy - c4y * c4y * p else cyy end as cyy,
        max(case when bit = 1 and c55 - c45 * c45 * p > tiny then power(c55 - c45 * c45 * p, -1e0) else 0e0 end)
            over (partition by scheme, segment, set_no, bit) as p
    from step_3
    cross join bits
    where bit = 0 or ($drivers >= 5 and available >= 5)
),

step_5 as (
    select
        scheme, segment, tiny, available, total,
        set_no + 32 * bit as set_no, size + bit as size,
        case when $drivers >= 5 then pivots + case when p > 0 then 1 else 0 end else pivots end as pivots,
        c67 - c56 * c57 * p as c67, c68 - c56 * c58 * p as c68, c6y - c56 * c5y * p as c6y, c77 - c57 * c57 * p as c77, c78 - c57 * c58 * p as c78,
        c7y - c57 * c5y * p as c7y, c88 - c58 * c58 * p as c88, c8y - c58 * c5y * p as c8y,
        case when $drivers >= 5 then cyy - c5y * c5y * p else cyy end as cyy,
        max(case when bit = 1 and c66 - c56 * c56 * p > tiny then power(c66 - c56 * c56 * p, -1e0) else 0e0 end)
            over (partition by scheme, segment, set_no, bit) as p
    from step_4
    cross join bits
    where bit = 0 or ($drivers >= 6 and available >= 6)
),

step_6 as (
    select
        scheme, segment, tiny, available, total,
        set_no + 64 * bit as set_no, size + bit as size,
        case when $drivers >= 6 then pivots + case when p > 0 then 1 else 0 end else pivots end as pivots,
        c78 - c67 * c68 * p as c78, c7y - c67 * c6y * p as c7y, c88 - c68 * c68 * p as c88, c8y - c68 * c6y * p as c8y,
        case when $drivers >= 6 then cyy - c6y * c6y * p else cyy end as cyy,
        max(case when bit = 1 and c77 - c67 * c67 * p > tiny then power(c77 - c67 * c67 * p, -1e0) else 0e0 end)
            over (partition by scheme, segment, set_no, bit) as p
    from step_5
    cross join bits
    where bit = 0 or ($drivers >= 7 and available >= 7)
),

step_7 as (
    select
        scheme, segment, tiny, available, total,
        set_no + 128 * bit as set_no, size + bit as size,
        case when $drivers >= 7 then pivots + case when p > 0 then 1 else 0 end else pivots end as pivots,
        c8y - c78 * c7y * p as c8y,
        case when $drivers >= 7 then cyy - c7y * c7y * p else cyy end as cyy,
        max(case when bit = 1 and c88 - c78 * c78 * p > tiny then power(c88 - c78 * c78 * p, -1e0) else 0e0 end)
            over (partition by scheme, segment, set_no, bit) as p
    from step_6
    cross join bits
    where bit = 0 or ($drivers >= 8 and available >= 8)
),

step_8 as (
    select
        scheme, segment, available, total,
        set_no, size,
        case when $drivers >= 8 then pivots + case when p > 0 then 1 else 0 end else pivots end as pivots,
        case when $drivers >= 8 then cyy - c8y * c8y * p else cyy end as cyy
    from step_7
),

places as (
    select 1 as place, 1e0 as one_over_bit
    union all
    select 2 as place, 0.5e0 as one_over_bit
    where $drivers >= 2
    union all
    select 3 as place, 0.25e0 as one_over_bit
    where $drivers >= 3
    union all
    select 4 as place, 0.125e0 as one_over_bit
    where $drivers >= 4
    union all
    select 5 as place, 0.0625e0 as one_over_bit
    where $drivers >= 5
    union all
    select 6 as place, 0.03125e0 as one_over_bit
    where $drivers >= 6
    union all
    select 7 as place, 0.015625e0 as one_over_bit
    where $drivers >= 7
    union all
    select 8 as place, 0.0078125e0 as one_over_bit
    where $drivers >= 8
),

held as (
    select
        s.scheme,
        s.segment,
        s.available,
        s.size,
        s.pivots,
        p.place,
        case when s.total > 0 then 1e0 - s.cyy / nullif(s.total, 0) end as r_squared,
        floor(s.set_no * p.one_over_bit) - 2 * floor(s.set_no * p.one_over_bit * 5e-1) as is_held
    from step_8 as s
    inner join places as p on s.available >= p.place
),

additions as (
    select
        scheme,
        segment,
        place,
        available - 1 - (size - is_held) as missing_others,
        avg(case when is_held = 1 then r_squared end) as with_it,
        avg(case when is_held = 0 then r_squared end) as without_it,
        max(case when is_held = 1 then pivots end) - max(case when is_held = 0 then pivots end) as pivots
    from held
    group by scheme, segment, place, available - 1 - (size - is_held)
)

select
    scheme,
    segment,
    place,
    avg(with_it - without_it) as share,
    max(case when missing_others = 0 then with_it end) as r_squared,
    max(case when missing_others = 0 and pivots = 0 then 1 else 0 end) as is_redundant
from additions
group by scheme, segment, place
