/*---
summary: Months of a contract that are complete - its monthly anniversaries strictly before a day.
kind: expression
args: [
  start: {type: expression, doc: "First day of the contract."},
  before: {type: expression, doc: "The day on which it ends, or the day after the last that is looked at."}]
returns:
  type: integer
  unit: months
  range: "[0, inf)"
  doc: "How often it was renewed. Who starts on a day that a month lacks renews on its last one; on the day of renewal itself a contract that ends has not been renewed."
source: "Fader & Hardie (2007): a contract renews at the end of each period or ends."
example: {start: started_at, before: ended_at}
---*/
case
    when days_between($start, $before) < 1 then 0
    else
        12 * (year_of(plus_days($before, -1)) - year_of($start))
        + month_of(plus_days($before, -1)) - month_of($start)
        - case
            when day_of($before) = month_start($before) then 0
            when
                days_between(month_start(plus_days($before, -1)), plus_days($before, -1)) < days_between(month_start($start), $start)
                then 1
            else 0
        end
end
