using System.Data.Common;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <content>Reading.</content>
public sealed partial class TrainingRuns
{
    /// <summary>Searches runs, with what was logged to them.</summary>
    /// <exception cref="TarnException">The filter or the order does not read, or the limit is out of its range.</exception>
    public Task<SearchPage<TrainingRun>> SearchAsync(RunSearch search, CancellationToken cancellation = default)
    {
        TrackingRules.Limit(search.Limit, TrackingRules.MostListed, search.Offset);
        var sql = _store.Search(SearchScope.Runs, search.Filter, search.OrderBy);
        if (search.ExperimentIds.Count == 0)
        {
            return Task.FromResult(new SearchPage<TrainingRun>([], null));
        }

        var experiments = InList.Of([.. search.ExperimentIds.Distinct()], sql.Values);
        return _store.PageAsync<RunRow, TrainingRun>(
            sql,
            $"""
            SELECT {RunRow.Columns} FROM training_run r{sql.Joins}
            WHERE r.experiment IN {experiments.Sql} AND {StateNames.Condition(search.View, "r.state")}{sql.Where}
            ORDER BY {sql.Order}r.started_at DESC, r.id
            """,
            search.Limit,
            search.Offset,
            static (connection, rows) => WithDataAsync(connection, rows),
            cancellation);
    }

    /// <summary>All points of a metric, by time, then step, then value.</summary>
    /// <param name="id">The run.</param>
    /// <param name="metric">The metric; one that the run has not has no points.</param>
    /// <param name="limit">The most; null for all.</param>
    /// <param name="offset">So many are passed over first.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">There is no such run.</exception>
    public Task<IReadOnlyList<Metric>> HistoryAsync(string id, string metric, int? limit = null, long offset = 0, CancellationToken cancellation = default) => _store.ReadAsync<IReadOnlyList<Metric>>(
        async connection =>
        {
            var row = await RowAsync(connection, id);
            var found = await connection.QueryAsync<MetricRow>(
                """
                SELECT run AS Run, name AS Name, value AS Value, is_nan AS IsNan, step AS Step, at_ms AS AtMs
                FROM training_metric_point WHERE run = @run AND name = @name ORDER BY at_ms, step, value LIMIT @limit OFFSET @offset
                """,
                new { run = row.Seq, name = StoredText.Clean(metric), limit = limit ?? long.MaxValue, offset });
            return [.. found.Select(static m => m.Metric())];
        },
        cancellation);

    /// <summary>
    /// A metric of several runs for a chart: by step, thinned to about so many points each. Steps are picked evenly out of those that any of the runs has, the same for all, with the first
    /// and the last of each run always there.
    /// </summary>
    /// <param name="ids">The runs; one that there is not is left out.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="points">The most points of a run, first and last apart; 1 to 25,000.</param>
    /// <param name="firstStep">Steps before it are left out.</param>
    /// <param name="lastStep">Steps after it are left out.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <returns>The points, by run as they were asked for.</returns>
    public Task<IReadOnlyList<MetricCurve>> CurvesAsync(
        IReadOnlyList<string> ids, string metric, int points = 1000, long? firstStep = null, long? lastStep = null, CancellationToken cancellation = default)
    {
        TrackingRules.Limit(points, 25_000, 0);
        if (ids.Count == 0)
        {
            return Task.FromResult<IReadOnlyList<MetricCurve>>([]);
        }

        return _store.ReadAsync<IReadOnlyList<MetricCurve>>(
            async connection =>
            {
                var list = InList.Of([.. ids.Distinct()]);
                var rows = (await connection.QueryAsync<RunRow>($"SELECT {RunRow.Columns} FROM training_run r WHERE r.id IN {list.Sql}", list.Values)).ToDictionary(static r => r.Id, StringComparer.Ordinal);
                var found = new List<(string Id, List<Metric> Points)>();
                foreach (var id in ids.Distinct().Where(rows.ContainsKey))
                {
                    var own = await connection.QueryAsync<MetricRow>(
                        """
                        SELECT run AS Run, name AS Name, value AS Value, is_nan AS IsNan, step AS Step, at_ms AS AtMs
                        FROM training_metric_point WHERE run = @run AND name = @metric AND step >= @first AND step <= @last ORDER BY step, at_ms, value
                        """,
                        new { run = rows[id].Seq, metric = StoredText.Clean(metric), first = firstStep ?? long.MinValue, last = lastStep ?? long.MaxValue });
                    found.Add((id, [.. own.Select(static m => m.Metric())]));
                }

                var kept = PickSteps(found.SelectMany(static f => f.Points).Select(static p => p.Step), points);
                return [.. found.Select(f => new MetricCurve(
                    f.Id, [.. f.Points.Where((p, i) => kept is null || i == 0 || i == f.Points.Count - 1 || kept.Contains(p.Step))]))];
            },
            cancellation);
    }

    // Null for all of them.
    private static HashSet<long>? PickSteps(IEnumerable<long> steps, int most)
    {
        var all = new SortedSet<long>(steps).ToArray();
        if (all.Length <= most)
        {
            return null;
        }

        var kept = new HashSet<long>(most);
        for (var i = 0; i < most; i++)
        {
            kept.Add(all[most == 1 ? 0 : (int)((long)i * (all.Length - 1) / (most - 1))]);
        }

        return kept;
    }

    private static async Task<IReadOnlyList<TrainingRun>> WithDataAsync(DbConnection connection, IReadOnlyList<RunRow> rows, DbTransaction? transaction = null)
    {
        var made = new List<TrainingRun>(rows.Count);
        foreach (var some in rows.Chunk(InList.Most))
        {
            var runs = InList.Of([.. some.Select(static r => r.Seq)]);
            var values = runs.Values;
            string Named(string table) => $"SELECT run AS Owner, name AS Name, value AS Value FROM {table} WHERE run IN {runs.Sql} ORDER BY run, name";
            var parameters = (await connection.QueryAsync<NamedRow>(Named("training_param"), values, transaction)).ToLookup(static p => p.Owner);
            var tags = (await connection.QueryAsync<NamedRow>(Named("training_tag"), values, transaction)).ToLookup(static t => t.Owner);
            var metrics = (await connection.QueryAsync<MetricRow>(
                $"SELECT run AS Run, name AS Name, value AS Value, is_nan AS IsNan, step AS Step, at_ms AS AtMs FROM training_metric WHERE run IN {runs.Sql} ORDER BY run, name", values, transaction))
                .ToLookup(static m => m.Run);
            var inputs = (await connection.QueryAsync<InputRow>(
                $"""
                SELECT run AS Run, name AS Name, digest AS Digest, source_type AS SourceType, source AS Source, table_schema AS TableSchema, profile AS Profile, tags AS Tags
                FROM training_input WHERE run IN {runs.Sql} ORDER BY run, name, digest
                """,
                values,
                transaction)).ToLookup(static i => i.Run);
            made.AddRange(some.Select(row => row.Run() with
            {
                Params = [.. parameters[row.Seq].Select(static p => KeyValuePair.Create(p.Name, p.Value))],
                Tags = [.. tags[row.Seq].Select(static t => KeyValuePair.Create(t.Name, t.Value))],
                Metrics = [.. metrics[row.Seq].Select(static m => m.Metric())],
                Inputs = [.. inputs[row.Seq].Select(static i => i.Input())],
            }));
        }

        return made;
    }
}

/// <summary>A metric of one run, for a chart.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Points">Its points, by step.</param>
public sealed record MetricCurve(string RunId, IReadOnlyList<Metric> Points);
