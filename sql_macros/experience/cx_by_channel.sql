/*---
summary: Customer experience (CX) rating by channel, segment and period.
grain: one row per scheme, segment, channel and period
alias_of: cx_by_dimension
bind: {dimension: channel}
rename: {part: channel}
omit: [cx_sum, answer_weight, hidden_part]
returns: [channel: {doc: "Channel of the experience; 'Not stated' where the rating names none. Without an answer there is no row."}]
---*/
