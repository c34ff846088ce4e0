/*---
summary: Name of a tier.
kind: expression
args: [
  tier: {type: expression, doc: "1 is the most valuable tier."},
  tiers: {doc: "How many tiers there are."}]
returns: {type: string, doc: "Of four: Platinum, Gold, Silver, Bronze; of three: Gold, Silver, Bronze; else Tier 1 and so on. Null where the tier is null."}
source: "Names that sort from more to less where they are numbered."
example: {tier: tier}
---*/
case
    when $tiers = 4 then
        case when $tier = 1 then 'Platinum' when $tier = 2 then 'Gold' when $tier = 3 then 'Silver' when $tier = 4 then 'Bronze' end
    when $tiers = 3 then
        case when $tier = 1 then 'Gold' when $tier = 2 then 'Silver' when $tier = 3 then 'Bronze' end
    when $tiers >= 10 and $tier < 10 then 'Tier 0' || text_of($tier)
    else 'Tier ' || text_of($tier)
end
