using System.Globalization;
using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

/// <summary>The same numbers by DuckDB, from their definitions in SQL.</summary>
public sealed class SqlReferenceTests
{
    [Fact]
    public void Metrics_are_what_sql_says()
    {
        var set = Made.Random(500, 2, 21);
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var rows = Enumerable.Range(0, set.Count).Select(r => string.Create(CultureInfo.InvariantCulture, $"({set.Labels[r]}, {(double)set.Probabilities[r, 1]:R}::DOUBLE, {set.Predicted[r]})"));
        connection.Execute($"CREATE TABLE p AS SELECT * FROM (VALUES {string.Join(",", rows)}) t(label, score, predicted)");
        double Sql(string query) => Convert.ToDouble(connection.Scalar(query), CultureInfo.InvariantCulture);

        Assert.Equal(Sql("SELECT avg((label = predicted)::INT) FROM p"), set.Value(Metric.Accuracy)!.Value, 1e-12);
        Assert.Equal(Sql("SELECT avg(-ln(CASE label WHEN 1 THEN score ELSE 1 - score END)) FROM p"), set.Value(Metric.LogLoss)!.Value, 1e-6);
        Assert.Equal(Sql("SELECT avg((score - label) ** 2) FROM p"), set.Value(Metric.Brier)!.Value, 1e-6);
        Assert.Equal(
            Sql("SELECT avg(CASE WHEN a.score > b.score THEN 1 WHEN a.score = b.score THEN 0.5 ELSE 0 END) FROM p a JOIN p b ON a.label = 1 AND b.label = 0"), set.Value(Metric.RocAuc)!.Value, 1e-9);
        Assert.Equal(
            Sql("""
                WITH f AS (SELECT k, count(*) FILTER (WHERE label = k AND predicted = k) AS hit, count(*) FILTER (WHERE label = k) AS n, count(*) FILTER (WHERE predicted = k) AS m
                           FROM p, range(2) t(k) GROUP BY k) SELECT avg(2 * hit / (n + m)) FROM f
                """),
            set.Value(Metric.MacroF1)!.Value, 1e-9);
    }
}
