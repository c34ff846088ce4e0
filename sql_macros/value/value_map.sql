/*---
summary: Value map - relative quality and relative price of each brand, and on which side of the fair-value line it lies.
grain: one row per scheme, segment and brand
uses: [brands]
args: [
  scheme,
  quality: {type: choice, choices: [all_but_price, benefits], default: all_but_price, doc: "Attributes that make up quality: those whose component is not monetary, or the benefits alone."},
  weights: {doc: "Weights of the attributes, rescaled to sum to 1 over those that can be compared; see net_customer_value."},
  price_weight: {type: number, default: 0.5, min: 0.01, max: 0.99, doc: "Part of the decision that depends on price; the rest depends on quality. The fair-value line rises by (1 - price_weight) / price_weight."},
  tolerance: {type: number, default: 0.02, min: 0, max: 1, doc: "How far from the line a relative price is still fair."},
  period, periods,
  method: {type: choice, choices: [share_of_max, minmax, top_box, as_is], default: share_of_max, doc: "How a rating becomes a score, see score. A ratio of ratings needs share_of_max: minmax moves the zero."},
  unit: {type: choice, choices: [latest, mean, rating], default: latest, doc: "One value per customer, brand and attribute in each period and cycle, or every rating."},
  respondents: {type: choice, choices: [comparing, all], default: comparing, doc: "comparing: responses that rate more than one brand (customers within a period where responses are not mapped); all: also those that rate one."},
  membership,
  min_n: {doc: "A brand's attribute with fewer answers is not compared."},
  as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "Segment of the respondents; 'Unassigned' where a customer has none."},
  brand: {type: string, doc: "Brand; 'Own brand' where ratings name none and the mapping names no own one."},
  is_own: {type: boolean, doc: "Whether it is an own brand; null where the mapping does not know it."},
  answers: {doc: "Ratings of the brand on the compared attributes."},
  attributes: {type: integer, doc: "Attributes on which the brand is compared: those that another brand has a score on."},
  quality_score: {type: number, unit: percent, range: "[0, 100]", doc: "Weighted mean score of the brand on them; null where nothing is compared."},
  relative_quality: {type: number, unit: ratio, doc: "Sum of weight * own score / mean score of the other brands; above 1 is better than they are. Null without another brand."},
  relative_price: {type: number, unit: ratio, doc: "Price / mean price of the other brands; null where prices are not mapped."},
  fair_relative_price: {type: number, unit: ratio, doc: "Price on the fair-value line: 1 + (1 - price_weight) / price_weight * (relative_quality - 1)."},
  value_gap: {type: number, unit: ratio, doc: "Fair less actual relative price: above 0 customers get more than they pay for."},
  verdict: {type: string, doc: "Better value, Fair value (within tolerance) or Worse value; null without quality or price."}]
source: "Gale (1994), Managing customer value, chapters 2 and 10: market-perceived quality ratio and customer value map."
---*/
with given as (
    select
        scheme,
        segment,
        coalesce(brand, 'Own brand') as brand,
        attribute,
        score,
        weight,
        case when is_mapped('ratings', 'response_id') then response_id else customer_id end as respondent,
        period_start
    from
        rating_scores(
            metric := 'attribute', scheme := $scheme, period := $period, method := $method, unit := $unit, competitors := true,
            membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
    where period_age >= 0 and period_age < $periods
),

compared as (
    select
        scheme,
        segment,
        brand,
        attribute,
        score,
        weight,
        case
            when $respondents = 'all' then 1
            when min(brand) over (partition by scheme, respondent, period_start) < max(brand) over (partition by scheme, respondent, period_start) then 1
            else 0
        end as is_wanted
    from given
),

rated as (
    select scheme, segment, brand, attribute, count(*) as answers, mean_score(score, weight) as score
    from compared
    where is_wanted = 1
    group by scheme, segment, brand, attribute
),

weighed as (
    select
        r.scheme,
        r.segment,
        r.brand,
        r.answers,
        r.score,
        w.raw_weight as weight,
        sum(r.score) over (partition by r.scheme, r.segment, r.attribute) as score_sum,
        count(*) over (partition by r.scheme, r.segment, r.attribute) as brands
    from rated as r
    inner join
        attribute_weights(
            weights := $weights, period := $period, periods := $periods, as_of := $as_of, fiscal_shift := $fiscal_shift
        ) as w
        on r.attribute = w.attribute
    where
        r.answers >= $min_n
        and (($quality = 'benefits' and w.side = 'benefit') or ($quality = 'all_but_price' and w.component <> 'monetary'))
),

qualities as (
    select
        scheme,
        segment,
        brand,
        sum(case when brands > 1 then answers else 0 end) as answers,
        cast(sum(case when brands > 1 then 1 else 0 end) as bigint) as attributes,
        sum(case when brands > 1 then weight * score end) / nullif(sum(case when brands > 1 then weight end), 0) as quality_score,
        sum(weight * score * (brands - 1) / nullif(score_sum - score, 0))
        / nullif(sum(case when brands > 1 and score_sum > score then weight end), 0) as relative_quality
    from weighed
    group by scheme, segment, brand
),

prices as (
    select
        brand,
        is_own,
        relative_price * (count(relative_price) over () - 1)
        / nullif(sum(relative_price) over () - relative_price, 0) as relative_price
    from brands
),

placed as (
    select
        q.scheme,
        q.segment,
        q.brand,
        case when q.brand = 'Own brand' then true else p.is_own end as is_own,
        q.answers,
        q.attributes,
        q.quality_score,
        q.relative_quality,
        p.relative_price,
        1e0 + (1e0 - $price_weight) / nullif($price_weight, 0) * (q.relative_quality - 1e0) as fair_relative_price
    from qualities as q
    left join prices as p on q.brand = p.brand
)

select
    scheme,
    segment,
    brand,
    is_own,
    cast(answers as bigint) as answers,
    attributes,
    quality_score,
    relative_quality,
    relative_price,
    fair_relative_price,
    fair_relative_price - relative_price as value_gap,
    case
        when fair_relative_price - relative_price is null then null
        when rounded(fair_relative_price - relative_price, 6) > $tolerance then 'Better value'
        when rounded(relative_price - fair_relative_price, 6) > $tolerance then 'Worse value'
        else 'Fair value'
    end as verdict
from placed
