/*---
summary: What a score would be with every other scoring method and denominator, and whether its band would differ.
grain: one row per scheme, segment, period, method and denominator
args: [
  metric: {choices: [value, experience, satisfaction, nps, csat, ces], default: value},
  scheme, period, membership, min_n, min_n_band, as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "Segment; 'Unassigned' where a customer has none. Without an answer there is no row."},
  period, period_start, period_age,
  method: {type: string, doc: "minmax, share_of_max, top_box, see score; as_is where every scale is 0 to 100."},
  denominator: {type: string, doc: "rated_customers: the latest rating of each; ratings: every rating; all_customers: who did not answer counts as 0."},
  is_default: {type: boolean, doc: "Whether this is how the metric is scored elsewhere: minmax, of rated_customers for value and of ratings else."},
  answers,
  score: {range: null, doc: "Score; null below min_n answers."},
  score_shown, ci_low, ci_high,
  band: {doc: "Band, see cpv_band and cx_band; null below min_n_band answers and for other metrics."},
  certainty,
  reliability: {doc: "reliable, directional or hidden."},
  difference: {type: number, unit: points, doc: "Score less the default one."},
  default_band: {type: string, doc: "Band of the default score."},
  band_differs: {type: boolean, doc: "Whether the band is another than the default one; null without bands."}]
source: "Methods: see score. A method moves a mean of ratings to another band where scales do not start at 0."
---*/
with latest as (
    select 'latest' as basis, scheme, segment, period_start, customer_id, weight, rating, lo, hi, direction, top_from
    from rating_scores(
        metric := $metric, scheme := $scheme, period := $period, unit := 'latest',
        membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
),

every_rating as (
    select 'every' as basis, scheme, segment, period_start, customer_id, weight, rating, lo, hi, direction, top_from
    from rating_scores(
        metric := $metric, scheme := $scheme, period := $period, unit := 'rating',
        membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
),

based as (
    select basis, scheme, segment, period_start, customer_id, weight, rating, lo, hi, direction, top_from
    from latest
    union all
    select basis, scheme, segment, period_start, customer_id, weight, rating, lo, hi, direction, top_from
    from every_rating
),

percents as (
    select
        basis,
        scheme,
        segment,
        period_start,
        customer_id,
        weight,
        rating,
        lo,
        hi,
        direction,
        top_from,
        max(case when lo = 0 and hi = 100 then 0 else 1 end) over (partition by basis, scheme, segment, period_start) as is_no_percent
    from based
),

methods as (
    select 'minmax' as method
    union all
    select 'share_of_max' as method
    union all
    select 'top_box' as method
    union all
    select 'as_is' as method
),

scores as (
    select
        b.scheme,
        b.segment,
        b.basis || ' ' || m.method as part,
        b.period_start,
        b.customer_id,
        b.weight,
        case
            when m.method = 'minmax' then score(b.rating, b.lo, b.hi, b.direction, method := 'minmax')
            when m.method = 'share_of_max' then score(b.rating, b.lo, b.hi, b.direction, method := 'share_of_max')
            when m.method = 'top_box' then score(b.rating, b.lo, b.hi, b.direction, method := 'top_box', top_from := b.top_from)
            else score(b.rating, b.lo, b.hi, b.direction, method := 'as_is')
        end - 50e0 as centred,
        0e0 as lowest,
        1e2 as highest
    from percents as b
    cross join methods as m
    where m.method <> 'as_is' or b.is_no_percent = 0
),

sums as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        weight_sum,
        weight_square_sum,
        weighted_sum,
        weighted_square_sum,
        customer_square_sum,
        customer_cross_sum,
        customer_weighted_square_sum,
        lowest,
        highest
    from score_sums(scores := scores, scheme := $scheme, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
),

scored as (
    select 'answers' as divisor, scheme, segment, part, period_start, answers, score, score_shown, ci_low, ci_high, band, certainty, reliability
    from
        score_statistics(
            sums := sums, bands := case when $metric = 'value' then 'cpv' when $metric = 'experience' then 'cx' else 'none' end,
            period := $period, min_n := $min_n, min_n_band := $min_n_band
        )
    union all
    select 'customers' as divisor, scheme, segment, part, period_start, answers, score, score_shown, ci_low, ci_high, band, certainty, reliability
    from score_statistics(
        sums := sums, bands := case when $metric = 'value' then 'cpv' when $metric = 'experience' then 'cx' else 'none' end,
        denominator := 'all_customers', period := $period, min_n := $min_n, min_n_band := $min_n_band
    )
),

denominators as (
    select 'answers' as divisor, 'latest' as basis, 'rated_customers' as denominator
    union all
    select 'answers' as divisor, 'every' as basis, 'ratings' as denominator
    union all
    select 'customers' as divisor, 'latest' as basis, 'all_customers' as denominator
),

variants as (
    select
        d.divisor,
        d.basis || ' ' || m.method as part,
        m.method,
        d.denominator,
        case
            when m.method = 'minmax' and d.denominator = (case when $metric = 'value' then 'rated_customers' else 'ratings' end) then 1
            else 0
        end as is_default
    from denominators as d
    cross join methods as m
),

compared as (
    select
        s.scheme,
        s.segment,
        s.period_start,
        v.method,
        v.denominator,
        v.is_default,
        s.answers,
        s.score,
        s.score_shown,
        s.ci_low,
        s.ci_high,
        s.band,
        s.certainty,
        s.reliability,
        max(case when v.is_default = 1 then s.score end) over (partition by s.scheme, s.segment, s.period_start) as default_score,
        max(case when v.is_default = 1 then s.band end) over (partition by s.scheme, s.segment, s.period_start) as default_band
    from scored as s
    inner join variants as v on s.divisor = v.divisor and s.part = v.part
    where s.answers > 0
)

select
    scheme,
    segment,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    period_start,
    period_age(period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    method,
    denominator,
    is_default = 1 as is_default,
    answers,
    score,
    score_shown,
    ci_low,
    ci_high,
    band,
    certainty,
    reliability,
    score - default_score as difference,
    default_band,
    band <> default_band as band_differs
from compared
