/*---
summary: What drives value - correlation of each attribute with the target, and its share of what all of them explain.
grain: one row per scheme, segment and driver
args: [
  target: {type: choice, choices: [value, experience, satisfaction, nps, csat, ces], default: value, doc: "Which ratings are to be explained."},
  scheme, period, periods, method, respondent, membership,
  drivers: {type: integer, default: 5, min: 1, max: 8, doc: "How many attributes: the named ones, else those that correlate most over all respondents."},
  driver_1: {type: text, default: null, doc: "Name of an attribute; null for the strongest ones."},
  driver_2: {type: text, default: null, doc: "Another attribute."},
  driver_3: {type: text, default: null, doc: "Another attribute."},
  driver_4: {type: text, default: null, doc: "Another attribute."},
  driver_5: {type: text, default: null, doc: "Another attribute."},
  driver_6: {type: text, default: null, doc: "Another attribute."},
  driver_7: {type: text, default: null, doc: "Another attribute."},
  driver_8: {type: text, default: null, doc: "Another attribute."},
  min_n: {type: integer, default: 30, min: 3, doc: "Segments with fewer complete respondents show no correlation and no share."},
  as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "Segment; 'Unassigned' where a customer has none. A segment without a complete respondent has no row."},
  attribute: {doc: "Driver: an attribute of the own brand. A respondent counts who rated the target and every driver."},
  answers: {type: integer, unit: respondents, doc: "Complete respondents, n."},
  score: {doc: "Mean score of the attribute given by them; high is good, also for costs. Null below min_n."},
  r: {type: number, range: "[-1, 1]", doc: "Pearson correlation with the target; null below min_n and where one of them does not vary."},
  r_low: {doc: "Lower end of the 95 % interval of r (Fisher z)."},
  r_high: {doc: "Upper end of the 95 % interval of r."},
  share: {type: number, unit: share, range: "[0, 1]", doc: "The driver's part of R² (LMG, the Shapley value); null below min_n and where it or the target does not vary."},
  importance: {type: number, unit: percent, range: "[0, 100]", doc: "Share / R²; sums to 100 over the drivers of a segment."},
  r_squared: {type: number, unit: share, range: "[0, 1]", doc: "R² of the target on all drivers."},
  driver_rank: {type: integer, doc: "1: the largest share in the segment; null without one."},
  reason: {type: string, doc: "Why a number is missing or to be read with care: Too few complete answers, Target does not vary, Driver does not vary, Combination of other drivers; else null."}]
source: "Lindeman, Merenda & Gold (1980), p. 119 ff.; Gromping (2006), Journal of Statistical Software 17(1). Interval: Fisher (1915), Biometrika 10; n by Kish (1965) where weights differ."
---*/
with rated as (
    select scheme, segment, respondent, period_start, attribute, x, y, weight
    from
        driver_pairs(
            target := $target, scheme := $scheme, period := $period, periods := $periods, method := $method,
            respondent := $respondent, membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
    where
        $driver_1 is null
        or attribute in ($driver_1, $driver_2, $driver_3, $driver_4, $driver_5, $driver_6, $driver_7, $driver_8)
),

ranked as (
    select attribute, row_number() over (order by coalesce(abs(r), 0e0) desc, attribute) as place
    from attribute_correlations(pairs := rated)
),

chosen as (
    select attribute, place, count(*) over () as available
    from ranked
    where place <= $drivers
),

complete as (
    select
        r.scheme,
        r.segment,
        max(c.available) as available,
        max(r.weight) as weight,
        max(r.y) as y,
        sum(case when c.place = 1 then r.x else 0e0 end) as x1,
        sum(case when c.place = 2 then r.x else 0e0 end) as x2,
        sum(case when c.place = 3 then r.x else 0e0 end) as x3,
        sum(case when c.place = 4 then r.x else 0e0 end) as x4,
        sum(case when c.place = 5 then r.x else 0e0 end) as x5,
        sum(case when c.place = 6 then r.x else 0e0 end) as x6,
        sum(case when c.place = 7 then r.x else 0e0 end) as x7,
        sum(case when c.place = 8 then r.x else 0e0 end) as x8
    from rated as r
    inner join chosen as c on r.attribute = c.attribute
    group by r.scheme, r.segment, r.respondent, r.period_start
    having count(*) = max(c.available)
),

sums as (
    select
        scheme,
        segment,
        max(available) as available,
        count(*) as answers,
        sum(weight) as w,
        sum(weight * weight) as ww,
        sum(weight * x1) as s1, sum(weight * x2) as s2, sum(weight * x3) as s3, sum(weight * x4) as s4,
        sum(weight * x5) as s5, sum(weight * x6) as s6, sum(weight * x7) as s7, sum(weight * x8) as s8,
        sum(weight * y) as sy,
        sum(weight * x1 * x1) as s11, sum(weight * x1 * x2) as s12, sum(weight * x1 * x3) as s13, sum(weight * x1 * x4) as s14,
        sum(weight * x1 * x5) as s15, sum(weight * x1 * x6) as s16, sum(weight * x1 * x7) as s17, sum(weight * x1 * x8) as s18,
        sum(weight * x1 * y) as s1y, sum(weight * x2 * x2) as s22, sum(weight * x2 * x3) as s23, sum(weight * x2 * x4) as s24,
        sum(weight * x2 * x5) as s25, sum(weight * x2 * x6) as s26, sum(weight * x2 * x7) as s27, sum(weight * x2 * x8) as s28,
        sum(weight * x2 * y) as s2y, sum(weight * x3 * x3) as s33, sum(weight * x3 * x4) as s34, sum(weight * x3 * x5) as s35,
        sum(weight * x3 * x6) as s36, sum(weight * x3 * x7) as s37, sum(weight * x3 * x8) as s38, sum(weight * x3 * y) as s3y,
        sum(weight * x4 * x4) as s44, sum(weight * x4 * x5) as s45, sum(weight * x4 * x6) as s46, sum(weight * x4 * x7) as s47,
        sum(weight * x4 * x8) as s48, sum(weight * x4 * y) as s4y, sum(weight * x5 * x5) as s55, sum(weight * x5 * x6) as s56,
        sum(weight * x5 * x7) as s57, sum(weight * x5 * x8) as s58, sum(weight * x5 * y) as s5y, sum(weight * x6 * x6) as s66,
        sum(weight * x6 * x7) as s67, sum(weight * x6 * x8) as s68, sum(weight * x6 * y) as s6y, sum(weight * x7 * x7) as s77,
        sum(weight * x7 * x8) as s78, sum(weight * x7 * y) as s7y, sum(weight * x8 * x8) as s88, sum(weight * x8 * y) as s8y,
        sum(weight * y * y) as syy
    from complete
    group by scheme, segment
),

covariances as (
    select
        scheme, segment, available, answers, 1e-6 * w * w as tiny, w, w * w / nullif(ww, 0) as effective_n, sy, syy,
        s1, s2, s3, s4, s5, s6, s7, s8, s11, s22, s33, s44, s55, s66, s77, s88, s1y, s2y, s3y, s4y, s5y, s6y, s7y, s8y,
        w * s11 - s1 * s1 as c11, w * s12 - s1 * s2 as c12, w * s13 - s1 * s3 as c13, w * s14 - s1 * s4 as c14, w * s15 - s1 * s5 as c15,
        w * s16 - s1 * s6 as c16, w * s17 - s1 * s7 as c17, w * s18 - s1 * s8 as c18, w * s1y - s1 * sy as c1y, w * s22 - s2 * s2 as c22,
        w * s23 - s2 * s3 as c23, w * s24 - s2 * s4 as c24, w * s25 - s2 * s5 as c25, w * s26 - s2 * s6 as c26, w * s27 - s2 * s7 as c27,
        w * s28 - s2 * s8 as c28, w * s2y - s2 * sy as c2y, w * s33 - s3 * s3 as c33, w * s34 - s3 * s4 as c34, w * s35 - s3 * s5 as c35,
        w * s36 - s3 * s6 as c36, w * s37 - s3 * s7 as c37, w * s38 - s3 * s8 as c38, w * s3y - s3 * sy as c3y, w * s44 - s4 * s4 as c44,
        w * s45 - s4 * s5 as c45, w * s46 - s4 * s6 as c46, w * s47 - s4 * s7 as c47, w * s48 - s4 * s8 as c48, w * s4y - s4 * sy as c4y,
        w * s55 - s5 * s5 as c55, w * s56 - s5 * s6 as c56, w * s57 - s5 * s7 as c57, w * s58 - s5 * s8 as c58, w * s5y - s5 * sy as c5y,
        w * s66 - s6 * s6 as c66, w * s67 - s6 * s7 as c67, w * s68 - s6 * s8 as c68, w * s6y - s6 * sy as c6y, w * s77 - s7 * s7 as c77,
        w * s78 - s7 * s8 as c78, w * s7y - s7 * sy as c7y, w * s88 - s8 * s8 as c88, w * s8y - s8 * sy as c8y, w * syy - sy * sy as cyy
    from sums
),

shares as (
    select scheme, segment, place, share, r_squared, is_redundant
    from explained_shares(covariances := covariances, drivers := $drivers)
),

measured as (
    select
        c.scheme,
        c.segment,
        d.attribute,
        c.answers,
        c.effective_n,
        c.tiny,
        c.cyy,
        c.w,
        c.sy,
        c.syy,
        h.share,
        h.r_squared,
        h.is_redundant,
        case
            when d.place = 1 then c.s1
            when $drivers >= 2 and d.place = 2 then c.s2
            when $drivers >= 3 and d.place = 3 then c.s3
            when $drivers >= 4 and d.place = 4 then c.s4
            when $drivers >= 5 and d.place = 5 then c.s5
            when $drivers >= 6 and d.place = 6 then c.s6
            when $drivers >= 7 and d.place = 7 then c.s7
            when $drivers >= 8 and d.place = 8 then c.s8
        end as sx,
        case
            when d.place = 1 then c.s11
            when $drivers >= 2 and d.place = 2 then c.s22
            when $drivers >= 3 and d.place = 3 then c.s33
            when $drivers >= 4 and d.place = 4 then c.s44
            when $drivers >= 5 and d.place = 5 then c.s55
            when $drivers >= 6 and d.place = 6 then c.s66
            when $drivers >= 7 and d.place = 7 then c.s77
            when $drivers >= 8 and d.place = 8 then c.s88
        end as sxx,
        case
            when d.place = 1 then c.s1y
            when $drivers >= 2 and d.place = 2 then c.s2y
            when $drivers >= 3 and d.place = 3 then c.s3y
            when $drivers >= 4 and d.place = 4 then c.s4y
            when $drivers >= 5 and d.place = 5 then c.s5y
            when $drivers >= 6 and d.place = 6 then c.s6y
            when $drivers >= 7 and d.place = 7 then c.s7y
            when $drivers >= 8 and d.place = 8 then c.s8y
        end as sxy
    from covariances as c
    cross join chosen as d
    inner join shares as h on c.scheme = h.scheme and c.segment = h.segment and d.place = h.place
),

judged as (
    select
        scheme,
        segment,
        attribute,
        answers,
        effective_n,
        case when answers >= $min_n then 50e0 + sx / nullif(w, 0) end as score,
        case when answers >= $min_n and w * sxx - sx * sx > tiny and cyy > tiny then correlation(w, sx, sy, sxx, syy, sxy) end as r,
        case when answers >= $min_n and w * sxx - sx * sx > tiny and cyy > tiny then share end as share,
        case when answers >= $min_n and cyy > tiny then r_squared end as r_squared,
        case
            when answers < $min_n then 'Too few complete answers'
            when cyy <= tiny then 'Target does not vary'
            when w * sxx - sx * sx <= tiny then 'Driver does not vary'
            when is_redundant = 1 then 'Combination of other drivers'
        end as reason
    from measured
)

select
    scheme,
    segment,
    attribute,
    answers,
    score,
    r,
    correlation_low(r, effective_n) as r_low,
    correlation_high(r, effective_n) as r_high,
    share,
    1e2 * share / nullif(r_squared, 0) as importance,
    r_squared,
    case when share is not null then row_number() over (partition by scheme, segment order by coalesce(share, -1e0) desc, attribute) end as driver_rank,
    reason
from judged
