/* ---
name: gold.earthquakes_daily
description: Earthquakes per day (UTC), withdrawn ones left out.
materialized: table
unique_key: day
columns:
  - name: day
    description: The day, UTC.
  - name: events
    description: How many events happened.
  - name: events_m45
    description: How many of them had a magnitude of 4.5 or more.
  - name: max_mag
    description: The largest magnitude; null where no event of the day has one.
  - name: mean_mag
    description: The mean of the magnitudes that are known.
  - name: deepest_km
    description: The greatest depth in kilometres.
  - name: felt_reports
    description: How many felt reports came in.
  - name: strongest
    description: The id of the event with the largest magnitude; of several, the earliest.
    tests:
      - relationships: {to: silver.earthquakes, field: id}
--- */
WITH ranked AS (
  SELECT
    l.*,
    row_number() OVER (PARTITION BY l.day ORDER BY l.mag DESC NULLS LAST, l.time, l.id) AS place_of_day
  FROM gold.earthquakes_live l
)
-- Numbers are added in order of size, so that equal rows give equal bits whatever the files.
SELECT
  r.day,
  count(*) AS events,
  count(*) FILTER (WHERE r.mag >= 4.5) AS events_m45,
  max(r.mag) AS max_mag,
  sum(CAST(r.mag AS DOUBLE) ORDER BY r.mag) / nullif(count(r.mag), 0) AS mean_mag,
  max(r.depth_km) AS deepest_km,
  coalesce(CAST(sum(r.felt) AS BIGINT), 0) AS felt_reports,
  max(CASE WHEN r.place_of_day = 1 THEN r.id END) AS strongest
FROM ranked r
GROUP BY r.day
