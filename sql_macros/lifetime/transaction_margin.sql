/*---
summary: Margin of a transaction.
kind: expression
args: [
  amount: {type: expression, doc: "Amount of the transaction."},
  margin_amount: {type: expression, doc: "Its margin, read where the mapping has one."},
  margin_rate]
returns: {type: number, unit: currency, doc: "The stated margin; where a row has none amount x margin_rate, and null without a rate; where no margin is mapped and no rate the amount itself, so that value is revenue."}
source: "An assumed margin never replaces a measured one."
example: {amount: amount, margin_amount: margin_amount}
---*/
case
    when is_mapped('transactions', 'margin_amount') and $margin_rate is null then case when abs($margin_amount) < 1e300 then $margin_amount end
    when is_mapped('transactions', 'margin_amount') then coalesce(case when abs($margin_amount) < 1e300 then $margin_amount end, $amount * $margin_rate)
    when $margin_rate is null then $amount
    else $amount * $margin_rate
end
