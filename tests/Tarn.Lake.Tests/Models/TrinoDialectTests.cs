using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>What the checker of Trino's dialect lets through and what it refuses, each with the words that its remedy has.</summary>
public sealed class TrinoDialectTests : IDisposable
{
    private readonly DuckDbDatabase _database = DuckDbDatabase.Open();
    private readonly DuckDbConnection _connection;

    public TrinoDialectTests() => _connection = _database.Connect();

    public static TheoryData<string> Good =>
    [
        "SELECT id, mag FROM silver.q",
        "SELECT * FROM silver.q AS q WHERE q.mag >= 2.5 AND NOT q.gone",
        "WITH a AS (SELECT id, mag FROM silver.q), b AS (SELECT id FROM a) SELECT a.id AS id FROM a JOIN b ON a.id = b.id",
        "SELECT date_trunc('hour', time) AS hour, count(*) AS n, count(*) FILTER (WHERE mag >= 4.5) AS big FROM silver.q GROUP BY 1 HAVING count(*) > 1 ORDER BY hour",
        "SELECT CAST(time AS DATE) AS day, sum(CAST(mag AS DOUBLE) ORDER BY mag) / nullif(count(mag), 0) AS mean FROM silver.q GROUP BY CAST(time AS DATE)",
        "SELECT CAST(sum(felt) AS BIGINT) AS felt, avg(CAST(mag AS DOUBLE)) AS mag, max(mag) AS most, count(DISTINCT place) AS places FROM silver.q",
        "SELECT CAST(floor(mag) AS BIGINT) AS bin, CAST(round(CAST(mag AS DOUBLE), 1) AS DECIMAL(4, 1)) AS m FROM silver.q",
        "SELECT CASE WHEN mag >= 7 THEN 'major' WHEN mag >= 5 THEN 'moderate' ELSE 'small' END AS class, coalesce(place, '') || '!' AS place FROM silver.q",
        "SELECT id, row_number() OVER (PARTITION BY place ORDER BY time DESC, id) AS n, lag(mag, 1) OVER (ORDER BY time) AS before FROM silver.q",
        "SELECT sum(CAST(mag AS DOUBLE)) OVER (ORDER BY time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM silver.q",
        "SELECT a.id AS id FROM silver.q a LEFT JOIN silver.p p USING (id) FULL JOIN silver.r r ON r.id = a.id CROSS JOIN (VALUES (1, 'x'), (2, 'y')) AS v(n, t)",
        "SELECT id FROM silver.q WHERE EXISTS (SELECT 1 FROM silver.p WHERE p.id = q.id) AND id NOT IN (SELECT id FROM silver.r) AND mag = (SELECT max(mag) FROM silver.q)",
        "SELECT id FROM silver.q UNION ALL SELECT id FROM silver.p EXCEPT SELECT id FROM silver.r",
        "SELECT extract(YEAR FROM time) AS y, year(time) AS y2, time + INTERVAL '1' DAY AS tomorrow, CAST(CAST(time AS DATE) + INTERVAL '1' DAY AS DATE) AS day FROM silver.q",
        "SELECT id FROM silver.q WHERE time >= TIMESTAMP '2024-01-01 00:00:00 UTC' AND day < DATE '2024-02-01' AND place LIKE '%Japan%' AND mag IS DISTINCT FROM 5",
        "SELECT id FROM silver.q ORDER BY mag DESC NULLS LAST, id OFFSET 5 LIMIT 10",
        "SELECT place, country, count(*) AS n FROM silver.q GROUP BY ROLLUP (place, country)",
        "SELECT lower(place) AS place FROM silver.q WHERE place <> ''",
        "SELECT q.mag AS size, p.size AS other FROM silver.q q JOIN silver.p p ON p.id = q.id WHERE p.size > 1",
        "SELECT CAST(10 AS DOUBLE) / n AS part, 7 % 2 AS odd, mod(n, nullif(k, 0)) AS m, sqrt(n) / 2 AS r FROM silver.q",
        "SELECT id AS \"select\", 'it''s -- no comment' AS t /* nor :: here */ FROM silver.q -- nor [here]",
        "SELECT DISTINCT place FROM silver.q WHERE substr(place, 2, 3) = 'abc' AND strpos(place, 'x') > 0 AND length(place) BETWEEN 1 AND 9",
    ];

    public static TheoryData<string, string> Bad => new()
    {
        { "SELECT mag::INT AS m FROM silver.q", "CAST(x AS type)" },
        { "SELECT a // b AS c FROM silver.q", "floor" },
        { "SELECT a / b AS c FROM silver.q", "CAST(a AS DOUBLE) / b" },
        { "SELECT a % b AS c FROM silver.q", "nullif(b, 0)" },
        { "SELECT mod(a, b) AS c FROM silver.q", "nullif(b, 0)" },
        { "SELECT sum(a) AS c FROM silver.q", "CAST(sum(x) AS BIGINT)" },
        { "SELECT avg(a) AS c FROM silver.q", "avg(CAST(x AS DOUBLE))" },
        { "SELECT a ** 2 AS c FROM silver.q", "power" },
        { "SELECT a ^ 2 AS c FROM silver.q", "power" },
        { "SELECT id FROM silver.q WHERE id == 'x'", "`=`" },
        { "SELECT [1, 2] AS l FROM silver.q", "list" },
        { "SELECT {'a': 1} AS l FROM silver.q", "struct" },
        { "SELECT list_transform(l, x -> x + 1) AS l FROM silver.q", "lambda" },
        { "SELECT j->>'a' AS a FROM silver.q", "json_extract_scalar" },
        { "SELECT n: id FROM silver.q", "AS alias" },
        { "SELECT id FROM silver.q WHERE place ILIKE 'x%'", "lower(x)" },
        { "SELECT id FROM silver.q WHERE place SIMILAR TO 'x'", "LIKE" },
        { "SELECT id FROM silver.q WHERE place ~ 'x'", "LIKE" },
        { "SELECT id FROM silver.q WHERE regexp_matches(place, 'x')", "regexp_like" },
        { "FROM silver.q", "SELECT * FROM" },
        { "SELECT id FROM (FROM silver.q)", "SELECT * FROM" },
        { "SELECT id, count(*) AS n FROM silver.q GROUP BY ALL", "GROUP BY 1" },
        { "SELECT id FROM silver.q ORDER BY ALL", "ORDER BY ALL" },
        { "SELECT * EXCLUDE (id) FROM silver.q", "write the columns" },
        { "SELECT * REPLACE (1 AS id) FROM silver.q", "write the columns" },
        { "SELECT COLUMNS('a.*') FROM silver.q", "write the columns" },
        { "SELECT id FROM silver.q QUALIFY row_number() OVER (PARTITION BY id ORDER BY mag) = 1", "subquery" },
        { "SELECT DISTINCT ON (id) id, mag FROM silver.q", "row_number()" },
        { "SELECT id FROM silver.q LIMIT 5", "ORDER BY" },
        { "SELECT id FROM silver.q ORDER BY id LIMIT 5 OFFSET 2", "OFFSET n LIMIT m" },
        { "SELECT id FROM silver.q ORDER BY id LIMIT 10%", "percentage" },
        { "SELECT id FROM silver.q USING SAMPLE 10 ROWS", "sample" },
        { "SELECT id FROM silver.q TABLESAMPLE 10%", "sample" },
        { "SELECT a.id AS id FROM silver.q a ASOF JOIN silver.p b ON a.id = b.id AND a.time >= b.time", "JOIN … ON" },
        { "SELECT a.id AS id FROM silver.q a SEMI JOIN silver.p b ON a.id = b.id", "EXISTS" },
        { "SELECT a.id AS id FROM silver.q a NATURAL JOIN silver.p b", "JOIN … ON" },
        { "SELECT a.id AS id FROM silver.q a POSITIONAL JOIN silver.p b", "JOIN … ON" },
        { "SELECT x.n AS n FROM silver.q a, LATERAL (SELECT a.id AS n) x", "LATERAL" },
        { "SELECT n FROM range(5) t(n)", "table function" },
        { "SELECT id FROM silver.q UNION BY NAME SELECT id FROM silver.p", "UNION ALL" },
        { "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n FROM t", "RECURSIVE" },
        { "WITH a AS MATERIALIZED (SELECT id FROM silver.q) SELECT id FROM a", "MATERIALIZED" },
        { "SELECT date_trunc('day', time) AS day, count(*) AS n FROM silver.q GROUP BY day", "GROUP BY 1" },
        { "SELECT mag * 2 AS twice FROM silver.q WHERE twice > 3", "expression again" },
        { "SELECT mag * 2 AS twice, twice + 1 AS more FROM silver.q", "expression again" },
        { "SELECT count(*) FROM silver.q", "AS name" },
        { "SELECT greatest(a, b) AS c FROM silver.q", "CASE WHEN" },
        { "SELECT concat(a, b) AS c FROM silver.q", "||" },
        { "SELECT trim(a) AS c FROM silver.q", "white space" },
        { "SELECT a.lower() AS c FROM silver.q", "lower(x)" },
        { "SELECT split_part(a, '-', 1) AS c FROM silver.q", "substr" },
        { "SELECT strftime(time, '%Y') AS c FROM silver.q", "CAST(date AS VARCHAR)" },
        { "SELECT date_diff('day', a, b) AS c FROM silver.q", "boundaries" },
        { "SELECT time AT TIME ZONE 'UTC' AS c FROM silver.q", "keep UTC" },
        { "SELECT date_part('year', time) AS c FROM silver.q", "extract(YEAR FROM x)" },
        { "SELECT extract(DOW FROM time) AS c FROM silver.q", "year, quarter" },
        { "SELECT date_trunc('decade', time) AS c FROM silver.q", "year, quarter" },
        { "SELECT time + INTERVAL 1 DAY AS c FROM silver.q", "INTERVAL '1' DAY" },
        { "SELECT time + INTERVAL '1 day' AS c FROM silver.q", "INTERVAL '1' DAY" },
        { "SELECT DATE '2024-01-01' + INTERVAL '1' DAY AS c FROM silver.q", "AS DATE)" },
        { "SELECT DATE '2024-01-02' - DATE '2024-01-01' AS c FROM silver.q", "interval" },
        { "SELECT now() AS c FROM silver.q", "tables alone" },
        { "SELECT current_date AS c FROM silver.q", "tables alone" },
        { "SELECT random() AS c FROM silver.q", "tables alone" },
        { "SELECT median(mag) AS c FROM silver.q", "percentile" },
        { "SELECT string_agg(place, ',') AS c FROM silver.q", "listagg" },
        { "SELECT max_by(place, mag) AS c FROM silver.q", "row_number()" },
        { "SELECT any_value(place) AS c FROM silver.q", "min or max" },
        { "SELECT max(mag, 3) AS c FROM silver.q", "arguments" },
        { "SELECT no_such_function(mag) AS c FROM silver.q", "not a function" },
        { "SELECT CAST(a AS STRING) AS c FROM silver.q", "STRING" },
        { "SELECT CAST(a AS HUGEINT) AS c FROM silver.q", "HUGEINT" },
        { "SELECT CAST(a AS VARCHAR(3)) AS c FROM silver.q", "VARCHAR(n)" },
        { "SELECT CAST(a AS DECIMAL) AS c FROM silver.q", "DECIMAL(p, s)" },
        { "SELECT CAST(a AS TIMESTAMP) AS c FROM silver.q", "TIMESTAMP(6)" },
        { "SELECT CAST(a AS TIMESTAMP WITH TIME ZONE) AS c FROM silver.q", "milliseconds" },
        { "SELECT CAST(CAST(a AS DOUBLE) AS BIGINT) AS c FROM silver.q", "round(x)" },
        { "SELECT CAST(CAST(a AS DOUBLE) AS VARCHAR) AS c FROM silver.q", "DECIMAL(p, s)" },
        { "SELECT TRY_CAST(a AS INTEGER) AS c FROM silver.q", "TRY_CAST" },
        { "SELECT length(a) || 'x' AS c FROM silver.q", "AS VARCHAR)" },
        { "SELECT id FROM silver.q WHERE CAST(time AS DATE) = '2024-01-01'", "DATE '2024-01-31'" },
        { "SELECT id FROM silver.q WHERE date_trunc('day', time) IN ('2024-01-01')", "TIMESTAMP" },
        { "SELECT substr(a, 0, 2) AS c FROM silver.q", "from 1" },
        { "SELECT substr(a, -2) AS c FROM silver.q", "from 1" },
        { "SELECT substr(a, 2, -1) AS c FROM silver.q", "not negative" },
        { "SELECT replace(a, '', 'x') AS c FROM silver.q", "empty text" },
        { "SELECT reverse(a) AS c FROM silver.q", "marks" },
        { "SELECT a, FROM silver.q", "comma" },
        { "SELECT $x AS c FROM silver.q", "parameters" },
        { "SELECT #1 AS c FROM silver.q", "position" },
        { "SELECT id FROM silver.q;", "semicolon" },
        { "SELECT id AS skip FROM silver.q", "reserved" },
        { "SELECT lag(mag IGNORE NULLS) OVER (ORDER BY time) AS c FROM silver.q", "IGNORE NULLS" },
        { "SELECT count(*) FILTER (WHERE mag > 1) OVER () AS c FROM silver.q", "FILTER" },
        { "SELECT max(mag) OVER (ORDER BY time ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) AS c FROM silver.q", "EXCLUDE" },
        { "SELECT id FROM silver.q WHERE mag ISNULL", "IS NULL" },
        { "PIVOT silver.q ON place USING count(*)", "SELECT" },
        { "SELECT id COLLATE NOCASE AS c FROM silver.q", "COLLATE" },
        { "DESCRIBE silver.q", "DuckDB's" },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void What_both_engines_understand_alike_passes(string sql) => Assert.Empty(TrinoDialect.Check(_connection, sql));

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_Trino_refuses_or_means_otherwise_is_told_with_its_remedy(string sql, string words) =>
        Assert.Contains(TrinoDialect.Check(_connection, sql), f => f.Text.Contains(words, StringComparison.Ordinal));

    [Fact]
    public void Findings_stand_at_their_lines_also_after_letters_of_several_bytes()
    {
        const string sql = """
            SELECT
              'Öräfajökull …' AS name,
              greatest(a, b) AS most, -- a comment
              c::INT AS whole
            FROM silver.q
            WHERE now() > time
            """;
        Assert.Equal([3, 4, 6], TrinoDialect.Check(_connection, sql).Select(static f => f.Line));
    }

    [Fact]
    public void Where_the_columns_are_known_more_is_found()
    {
        const string sql = "SELECT day + INTERVAL '1' DAY AS d, 'x' || n AS t, date_trunc('month', day) AS m FROM silver.q WHERE time > '2024-01-01' AND n = '5' AND CAST(mag AS VARCHAR) <> ''";
        Assert.Empty(TrinoDialect.Check(_connection, sql));
        Core.ColumnType? TypeOf(string name) => name switch
        {
            "day" => Core.ColumnType.Date,
            "time" => Core.ColumnType.Timestamp,
            "n" => Core.ColumnType.Long,
            "mag" => Core.ColumnType.Double,
            _ => null,
        };
        Assert.Equal(6, TrinoDialect.Check(_connection, sql, TypeOf).Count);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }
}
