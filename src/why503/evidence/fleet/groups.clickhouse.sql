-- The groups of access logs in Istio's text format, as `why503 diagnose` counts them.
--
-- Table `lines`, one column `line String`: replace its name, add a WHERE for a time or a proxy.
-- Rows of kind 'group': requests, or TCP connections, of one minute that look alike and went well,
-- counted, with exact durations in milliseconds. Rows of kind 'line': every failed request as it was logged, and every
-- line that is not exactly as the format says; why503 reads those itself.
--
-- INTO OUTFILE 'groups.parquet' FORMAT Parquet; then: why503 diagnose groups.parquet
WITH
split AS (
    SELECT line, splitByChar('"', line) AS s FROM lines WHERE trimBoth(line) != ''
),
cut AS (
    SELECT
        line, s,
        splitByChar(' ', s[2]) AS request,
        splitByChar(' ', s[3]) AS status,
        splitByChar(' ', s[5]) AS numbers,
        splitByChar(' ', s[15]) AS tail,
        length(s) = 15
            AND match(s[1], '^\\[[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z\\] $')
            AND match(s[3], '^ ([0-9]{3}|0|-) ([A-Z][A-Za-z0-9_,]*|-) [^ ]* [^ ]+ $')
            AND match(s[5], '^ [0-9]+ [0-9]+ [0-9]+ ([0-9]+|-) $')
            AND s[7] = ' ' AND s[9] = ' ' AND s[11] = ' ' AND s[13] = ' '
            AND length(request) = 3 AND length(tail) = 7
            AND match(request[1], '^[^ /]{1,60}$') AND match(request[3], '^(HTTP/[0-9.]{1,4}|-)$')
            AND match(s[14], '^([^ ]{1,300}:[0-9]{1,5}|[^ ]*/[^ ]*|-|)$')
            AND isValidUTF8(line) AS sound
    FROM split
),
told AS (
    SELECT
        line, sound,
        sound AND status[3] = '-'
            AND (toUInt16OrZero(status[2]) BETWEEN 1 AND 399 OR status[2] = '0' AND s[2] = '- - -')
            AND NOT match(status[4], '^(max_)?duration_timeout') AS good,
        toUnixTimestamp64Milli(parseDateTime64BestEffortOrZero(substring(s[1], 2, 24), 3, 'UTC'))
            / 1000 AS start,
        toInt64(intDiv(toInt64(start), 60)) AS minute,
        toInt64OrZero(status[2]) AS code,
        toFloat64OrZero(numbers[4]) AS took,
        tail[2] AS upstream_cluster, s[14] AS upstream_host, s[12] AS authority,
        status[4] AS details, s[4] AS transport_failure,
        request[1] AS method, request[3] AS protocol
    FROM cut
),
counted AS (
    SELECT
        upstream_cluster, upstream_host, authority, code, details, transport_failure, method,
        protocol, minute,
        count() AS count, min(start) AS first, max(start) AS last, arraySort(groupArray(took)) AS d
    FROM told
    WHERE good
    GROUP BY ALL
)
SELECT
    'group' AS kind, '' AS line, upstream_cluster, upstream_host, authority, code, details,
    transport_failure, method, protocol, minute, toInt64(count) AS count, first, last,
    (d[intDiv(count + 1, 2)] + d[intDiv(count, 2) + 1]) / 2 AS duration_p50,
    d[toUInt64(ceil(0.99 * count))] AS duration_p99
FROM counted
UNION ALL
SELECT 'line', toValidUTF8(line), '', '', '', 0, '', '', '', '', 0, 1, 0, 0, 0, 0
FROM told
WHERE NOT good
