using Tarn.Core;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class FileCandidatesTests : IAsyncDisposable
{
    private static readonly Dictionary<string, object?> Low = new() { ["low"] = 150 };
    private readonly SqlLake _lake = new("candidates", new LakeOptions { OptimizeAbove = 0 });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _lake.DisposeAsync();

    [Theory]
    [InlineData("(target.id = 5)", 1)]
    [InlineData("(id > $low AND n IS NOT NULL)", 2)]
    [InlineData("(id % 2 = 0)", 3)]
    [InlineData("(id < 0)", 0)]
    [InlineData(null, 3)]
    public async Task Only_files_that_may_hold_such_rows_are_read(string? where, int files)
    {
        var table = await TableAsync();
        using var lease = _lake.Lake.DuckDb.Rent();
        var state = await table.StateAsync(null, Cancel);
        Assert.Equal(files, (await FileCandidates.OfAsync(table, state, lease.Connection, where, Low, Cancel)).Files.Count);
    }

    [Theory]
    [InlineData("SELECT 7::BIGINT AS k", 1)]
    [InlineData("SELECT 7::BIGINT AS k UNION ALL SELECT 203", 2)]
    [InlineData("SELECT range + 120 AS k FROM range(75)", 1)]
    [InlineData("SELECT 7::BIGINT AS k WHERE false", 0)]
    [InlineData("SELECT '7' AS k", 3)]
    public async Task Of_a_join_the_keys_of_the_source_tell_which_files_matter(string source, int files)
    {
        var table = await TableAsync();
        using var lease = _lake.Lake.DuckDb.Rent();
        lease.Connection.Execute($"CREATE OR REPLACE TEMP TABLE candidate_source AS {source}");
        var state = await table.StateAsync(null, Cancel);
        var chosen = await FileCandidates.OfJoinAsync(table, state, lease.Connection, "(target.id = source.k\n)", "temp.main.candidate_source", Low, Cancel);
        Assert.Equal(files, chosen.Files.Count);
        lease.Connection.Execute("DROP TABLE temp.main.candidate_source");
    }

    [Fact]
    public async Task Others_files_count_only_where_they_may_hold_such_rows()
    {
        var table = await TableAsync();
        using var lease = _lake.Lake.DuckDb.Rent();
        var state = await table.StateAsync(null, Cancel);
        var chosen = await FileCandidates.OfAsync(table, state, lease.Connection, "(id = 5)", Low, Cancel);
        Assert.Equal([true, false, false], state.OrderedFiles.OrderBy(static f => f.Stats, StringComparer.Ordinal).Select(f => chosen.Reads.Covers(f.Action)));
    }

    private async Task<LakeTable> TableAsync()
    {
        var table = await _lake.Lake.EnsureTableAsync(new TableDefinition("silver.t", SqlLake.Schema("id:long n:integer")), Cancel);
        for (var i = 0; i < 3; i++)
        {
            await table.AppendAsync(RowSource.Query($"select range + {100 * i} as id, 1::integer as n from range(100)"), null, Cancel);
        }

        return table;
    }
}
