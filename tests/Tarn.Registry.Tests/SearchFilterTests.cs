using Tarn.Core;
using Xunit;

namespace Tarn.Registry.Tests;

/// <summary>Filters that do not read say what is wrong.</summary>
public sealed class SearchFilterTests
{
    [Theory]
    [InlineData("metrics.a > 'x'", "number")]
    [InlineData("metrics.a > ", "ends")]
    [InlineData("metrics.a", "ends")]
    [InlineData("metrics.a LIKE 'x'", "comparator")]
    [InlineData("params.a = 1", "quoted")]
    [InlineData("params.a = x", "quoted")]
    [InlineData("params.a > 'x'", "comparator")]
    [InlineData("params.a = 'x", "ends with it")]
    [InlineData("params.a = 'x' OR params.b = 'y'", "joined by AND")]
    [InlineData("params.a = 'x' params.b = 'y'", "joined by AND")]
    [InlineData("params.a = 'x' AND", "ends")]
    [InlineData("AND params.a = 'x'", "attribute")]
    [InlineData("(params.a = 'x')", "name is expected")]
    [InlineData("things.a = 'x'", "entity type")]
    [InlineData("colour = 'x'", "attribute key")]
    [InlineData("attributes.start_time = '1'", "number")]
    [InlineData("run_id IN ()", "list")]
    [InlineData("run_id IN ('a' 'b')", "commas")]
    [InlineData("run_id IN 'a'", "brackets")]
    [InlineData("status IN ('a')", "comparator")]
    [InlineData("run_id NOT LIKE 'a'", "NOT")]
    [InlineData("metrics.a ! 1", "comparison")]
    [InlineData("metrics.a IS NULL", "params and tags")]
    [InlineData("params.a = 'x'; DROP TABLE training_run", "';'")]
    [InlineData("dataset.colour = 'x'", "attribute key")]
    public void Wrong_filters_are_refused(string filter, string said)
    {
        var error = Assert.Throws<TarnException>(() => SearchFilter.Parse(filter, SearchScope.Runs));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metrics.a b")]
    [InlineData("metrics.a DESC ASC")]
    [InlineData("colour")]
    [InlineData("datasets.name")]
    [InlineData("'metrics.a'")]
    public void Wrong_orders_are_refused(string order) =>
        Assert.Equal(ErrorKind.InvalidInput, Assert.Throws<TarnException>(() => SearchOrder.Parse([order], SearchScope.Runs)).Kind);

    [Fact]
    public void Random_filters_read_or_are_refused_and_nothing_else()
    {
        const int Seed = 20261201;
        var random = new Random(Seed);
        string[] parts = ["metrics", ".", "a", "`", "\"", "'", " ", "=", "!=", "<", "AND", "LIKE", "IN", "(", ")", ",", "1", "-", "e5", "params.b", "'x'", "\0", "é", "NOT", "IS", "NULL"];
        for (var i = 0; i < 20_000; i++)
        {
            var filter = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => parts[random.Next(parts.Length)]));
            try
            {
                SearchFilter.Parse(filter, SearchScope.Runs);
            }
            catch (TarnException exception)
            {
                Assert.True(exception.Kind == ErrorKind.InvalidInput, $"seed {Seed}: {filter}: {exception}");
            }
        }
    }
}
