namespace Tarn.Lake;

/// <summary>
/// The functions that a model's query may call: those that DuckDB and Trino have under one name with one meaning (Trino: the pages "Aggregate functions",
/// "Window functions", "Mathematical functions", "String functions", "Date and time functions" of its manual). What is not listed is refused; for what
/// looks alike and is not, <see cref="Remedies"/> says why.
/// </summary>
internal static class TrinoFunctions
{
    public static IReadOnlyDictionary<string, TrinoFunction> All { get; } = new Dictionary<string, TrinoFunction>(StringComparer.Ordinal)
    {
        // Aggregates.
        ["count_star"] = new(0, 0, ValueKind.Whole),
        ["count"] = new(1, 1, ValueKind.Whole),
        ["sum"] = new(1, 1),
        ["avg"] = new(1, 1),
        ["min"] = new(1, 1),
        ["max"] = new(1, 1),
        ["bool_and"] = new(1, 1, ValueKind.Boolean),
        ["bool_or"] = new(1, 1, ValueKind.Boolean),
        ["stddev"] = new(1, 1, ValueKind.Floating),
        ["stddev_samp"] = new(1, 1, ValueKind.Floating),
        ["stddev_pop"] = new(1, 1, ValueKind.Floating),
        ["variance"] = new(1, 1, ValueKind.Floating),
        ["var_samp"] = new(1, 1, ValueKind.Floating),
        ["var_pop"] = new(1, 1, ValueKind.Floating),

        // Windows.
        ["row_number"] = new(0, 0, ValueKind.Whole),
        ["rank"] = new(0, 0, ValueKind.Whole),
        ["dense_rank"] = new(0, 0, ValueKind.Whole),
        ["percent_rank"] = new(0, 0, ValueKind.Floating),
        ["cume_dist"] = new(0, 0, ValueKind.Floating),
        ["ntile"] = new(1, 1, ValueKind.Whole),
        ["lag"] = new(1, 3),
        ["lead"] = new(1, 3),
        ["first_value"] = new(1, 1),
        ["last_value"] = new(1, 1),
        ["nth_value"] = new(2, 2),

        // Numbers.
        ["abs"] = new(1, 1),
        ["ceil"] = new(1, 1),
        ["ceiling"] = new(1, 1),
        ["floor"] = new(1, 1),
        ["round"] = new(1, 2),
        ["mod"] = new(2, 2),
        ["sqrt"] = new(1, 1, ValueKind.Floating),
        ["cbrt"] = new(1, 1, ValueKind.Floating),
        ["exp"] = new(1, 1, ValueKind.Floating),
        ["ln"] = new(1, 1, ValueKind.Floating),
        ["log2"] = new(1, 1, ValueKind.Floating),
        ["log10"] = new(1, 1, ValueKind.Floating),
        ["power"] = new(2, 2, ValueKind.Floating),
        ["pow"] = new(2, 2, ValueKind.Floating),
        ["pi"] = new(0, 0, ValueKind.Floating),
        ["radians"] = new(1, 1, ValueKind.Floating),
        ["degrees"] = new(1, 1, ValueKind.Floating),
        ["sin"] = new(1, 1, ValueKind.Floating),
        ["cos"] = new(1, 1, ValueKind.Floating),
        ["tan"] = new(1, 1, ValueKind.Floating),
        ["asin"] = new(1, 1, ValueKind.Floating),
        ["acos"] = new(1, 1, ValueKind.Floating),
        ["atan"] = new(1, 1, ValueKind.Floating),
        ["atan2"] = new(2, 2, ValueKind.Floating),

        // Texts.
        ["lower"] = new(1, 1, ValueKind.Text),
        ["upper"] = new(1, 1, ValueKind.Text),
        ["length"] = new(1, 1, ValueKind.Whole),
        ["replace"] = new(3, 3, ValueKind.Text),
        ["substr"] = new(2, 3, ValueKind.Text),
        ["substring"] = new(2, 3, ValueKind.Text),
        ["lpad"] = new(3, 3, ValueKind.Text),
        ["rpad"] = new(3, 3, ValueKind.Text),
        ["strpos"] = new(2, 2, ValueKind.Whole),
        ["starts_with"] = new(2, 2, ValueKind.Boolean),
        ["concat_ws"] = new(2, 32, ValueKind.Text),

        // Times.
        ["date_trunc"] = new(2, 2, ValueKind.Timestamp),
        ["date_part"] = new(2, 2, ValueKind.Whole),
        ["year"] = new(1, 1, ValueKind.Whole),
        ["quarter"] = new(1, 1, ValueKind.Whole),
        ["month"] = new(1, 1, ValueKind.Whole),
        ["week"] = new(1, 1, ValueKind.Whole),
        ["day"] = new(1, 1, ValueKind.Whole),
        ["hour"] = new(1, 1, ValueKind.Whole),
        ["minute"] = new(1, 1, ValueKind.Whole),
        ["second"] = new(1, 1, ValueKind.Whole),

        ["nullif"] = new(2, 2),
    };

    /// <summary>What INTERVAL '1' DAY and the like become in the tree.</summary>
    public static IReadOnlySet<string> Intervals { get; } = new HashSet<string>(StringComparer.Ordinal) { "to_years", "to_months", "to_days", "to_hours", "to_minutes", "to_seconds" };

    /// <summary>The parts that date_trunc and extract know alike.</summary>
    public static IReadOnlySet<string> Parts { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "year", "quarter", "month", "week", "day", "hour", "minute", "second" };

    public static IReadOnlyDictionary<string, string> Remedies { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["//"] = "write CAST(floor(CAST(a AS DOUBLE) / b) AS BIGINT)",
        ["^"] = "write power(a, b)",
        ["**"] = "write power(a, b)",
        ["~~*"] = "write lower(x) LIKE 'pattern in lower case'",
        ["timezone"] = "AT TIME ZONE takes the zone away in DuckDB and changes it in Trino; keep UTC: CAST(time AS DATE), date_trunc('hour', time)",
        ["greatest"] = "with a null it gives null in Trino and the other value in DuckDB; write CASE WHEN a >= b THEN a ELSE b END",
        ["least"] = "with a null it gives null in Trino and the other value in DuckDB; write CASE WHEN a <= b THEN a ELSE b END",
        ["concat"] = "with a null it gives null in Trino and leaves it out in DuckDB; write a || b, with coalesce where a null is to be left out",
        ["trim"] = "it removes all white space in Trino and only spaces in DuckDB; clean texts before they come to a model",
        ["ltrim"] = "it removes all white space in Trino and only spaces in DuckDB; clean texts before they come to a model",
        ["rtrim"] = "it removes all white space in Trino and only spaces in DuckDB; clean texts before they come to a model",
        ["split_part"] = "beyond the last part it gives null in Trino and an empty text in DuckDB; write substr and strpos",
        ["regexp_replace"] = "it replaces all matches in Trino and the first in DuckDB; write replace",
        ["regexp_extract"] = "without a match it gives null in Trino and an empty text in DuckDB; write substr and strpos",
        ["regexp_matches"] = "Trino calls it regexp_like, with Java's patterns; write LIKE",
        ["regexp_full_match"] = "Trino's regexp_like has Java's patterns; write LIKE",
        ["contains"] = "it is for arrays in Trino; write strpos(x, y) > 0",
        ["prefix"] = "write starts_with(x, y)",
        ["ends_with"] = "write x LIKE '%end'",
        ["suffix"] = "write x LIKE '%end'",
        ["reverse"] = "letters with marks of their own are kept together in DuckDB and not in Trino; a model does without",
        ["position"] = "write strpos(x, y)",
        ["instr"] = "write strpos(x, y)",
        ["repeat"] = "it gives an array in Trino; write rpad('', n, x)",
        ["left"] = "write substr(x, 1, n)",
        ["right"] = "write CASE WHEN length(x) > n THEN substr(x, length(x) - n + 1) ELSE x END",
        ["len"] = "write length(x)",
        ["ifnull"] = "write coalesce(a, b)",
        ["log"] = "it has base 10 in DuckDB and wants a base in Trino; write log10(x), log2(x) or ln(x)",
        ["sign"] = "it gives TINYINT in DuckDB and the argument's type in Trino; write CASE WHEN x > 0 THEN 1 WHEN x < 0 THEN -1 ELSE 0 END",
        ["trunc"] = "Trino calls it truncate; write floor(x) or ceil(x)",
        ["count_if"] = "it gives HUGEINT in DuckDB; write count(*) FILTER (WHERE condition)",
        ["arg_max"] = "rows without a value are left out in DuckDB and not in Trino's max_by; write a window function: row_number() OVER (PARTITION BY key ORDER BY …) = 1",
        ["arg_min"] = "rows without a value are left out in DuckDB and not in Trino's min_by; write a window function: row_number() OVER (PARTITION BY key ORDER BY …) = 1",
        ["max_by"] = "rows without a value are left out in DuckDB and not in Trino; write a window function: row_number() OVER (PARTITION BY key ORDER BY …) = 1",
        ["min_by"] = "rows without a value are left out in DuckDB and not in Trino; write a window function: row_number() OVER (PARTITION BY key ORDER BY …) = 1",
        ["first"] = "which row is the first is not defined; write min, max, or a window function with ORDER BY",
        ["last"] = "which row is the last is not defined; write min, max, or a window function with ORDER BY",
        ["any_value"] = "which row it takes is not defined; write min or max",
        ["arbitrary"] = "which row it takes is not defined; write min or max",
        ["median"] = "Trino has only approx_percentile, which DuckDB lacks; no exact percentile runs on both",
        ["quantile_cont"] = "Trino has only approx_percentile, which DuckDB lacks; no exact percentile runs on both",
        ["quantile_disc"] = "Trino has only approx_percentile, which DuckDB lacks; no exact percentile runs on both",
        ["approx_count_distinct"] = "Trino calls it approx_distinct, and both estimate differently; write count(DISTINCT x)",
        ["approx_quantile"] = "both engines estimate differently; no percentile runs on both",
        ["string_agg"] = "Trino writes listagg(x, ',') WITHIN GROUP (ORDER BY x), which DuckDB lacks",
        ["group_concat"] = "Trino writes listagg(x, ',') WITHIN GROUP (ORDER BY x), which DuckDB lacks",
        ["listagg"] = "Trino writes listagg(x, ',') WITHIN GROUP (ORDER BY x), which DuckDB lacks",
        ["strftime"] = "Trino writes date_format, which DuckDB lacks; CAST(date AS VARCHAR) gives yyyy-mm-dd on both",
        ["strptime"] = "Trino writes date_parse, which DuckDB lacks; CAST('2024-01-31' AS DATE) works on both",
        ["date_diff"] = "it counts boundaries in DuckDB and whole units in Trino; subtract extract(… FROM …) values, or the numbers of days that a column holds",
        ["datediff"] = "it counts boundaries in DuckDB and whole units in Trino's date_diff; subtract extract(… FROM …) values",
        ["date_add"] = "write time + INTERVAL '1' DAY",
        ["date_sub"] = "write time - INTERVAL '1' DAY",
        ["dayofweek"] = "Sunday is 0 in DuckDB and 7 in Trino; a model does without",
        ["epoch"] = "Trino calls it to_unixtime; keep times as times",
        ["to_timestamp"] = "Trino calls it from_unixtime; keep times as times",
        ["now"] = Now,
        ["get_current_timestamp"] = Now,
        ["current_date"] = Now,
        ["today"] = Now,
        ["random"] = "a model's rows follow from its tables alone, so that each run and each engine gives the same",
        ["uuid"] = "a model's rows follow from its tables alone, so that each run and each engine gives the same",
        ["gen_random_uuid"] = "a model's rows follow from its tables alone, so that each run and each engine gives the same",
        ["list_value"] = "a model's query has scalar values only",
        ["row"] = "a model's query has scalar values only",
        ["struct_pack"] = "a model's query has scalar values only",
    };

    /// <summary>Names that the tree has as columns and that are the clock.</summary>
    public static IReadOnlySet<string> Clock { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "current_date", "current_timestamp", "current_time", "localtime", "localtimestamp" };

    internal const string Now = "a model's rows follow from its tables alone, so that each run and each engine gives the same; take the time from a column";
}

/// <summary>A function that both engines have.</summary>
/// <param name="Least">Its fewest arguments.</param>
/// <param name="Most">Its most arguments.</param>
/// <param name="Gives">What it gives; null for what its first argument is.</param>
internal sealed record TrinoFunction(int Least, int Most, ValueKind? Gives = null);
