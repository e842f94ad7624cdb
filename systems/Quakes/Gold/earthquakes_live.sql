/* ---
name: gold.earthquakes_live
description: Every event that its source stands by, as it says of it now; withdrawn and vanished ones are left out.
materialized: view
unique_key: id
columns:
  - name: id
    description: The event's id at its source.
  - name: time
    description: When it happened (UTC).
    tests: [not_null]
  - name: day
    description: The day on which it happened (UTC).
  - name: mag
    description: Magnitude.
  - name: mag_class
    description: "The magnitude in words: minor below 3, light below 5, strong below 7, major from there; unknown without one."
    tests:
      - accepted_values: [unknown, minor, light, strong, major]
  - name: depth_km
    description: Depth in kilometres.
  - name: alert
    description: "PAGER's alert level."
    tests:
      - accepted_values: {values: [green, yellow, orange, red], severity: warn}
--- */
SELECT
  e.id,
  e.time,
  CAST(e.time AS DATE) AS day,
  e.mag,
  CASE
    WHEN e.mag IS NULL THEN 'unknown'
    WHEN e.mag < 3 THEN 'minor'
    WHEN e.mag < 5 THEN 'light'
    WHEN e.mag < 7 THEN 'strong'
    ELSE 'major'
  END AS mag_class,
  e.depth_km,
  e.latitude,
  e.longitude,
  e.place,
  e.felt,
  e.alert,
  e.tsunami,
  e.updated
FROM silver.earthquakes e
WHERE NOT e.is_deleted
