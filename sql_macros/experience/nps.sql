/*---
summary: Net promoter score of the ratings in a group.
kind: expression
args: [
  rating: {doc: "Likelihood to recommend."},
  promoter_from: {type: number, default: null, doc: "Lowest rating of a promoter; null for the usual one, see nps_balance."},
  detractor_to: {type: number, default: null, doc: "Highest rating of a detractor; null for the usual one."},
  lo, hi, direction]
returns:
  type: number
  unit: points
  range: "[-100, 100]"
  doc: "Share of promoters less share of detractors; null where no rating lies on a scale whose promoters are known."
source: "Reichheld (2003), The One Number You Need to Grow, Harvard Business Review 81(12)."
example: {rating: recommend}
---*/
1e2 * avg(
    case
        when $rating >= $lo and $rating <= $hi
            then nps_balance($rating, $lo, $hi, $direction, promoter_from := $promoter_from, detractor_to := $detractor_to)
    end
)
