using System.Data.Common;
using System.Text.Json;
using Dapper;
using Tarn.Core;

namespace Tarn.Registry;

/// <content>Logging.</content>
public sealed partial class TrainingRuns
{
    private const int RowsAtOnce = 50;

    private static readonly string[][] ParameterNames = [.. Enumerable.Range(0, RowsAtOnce).Select(static r => (string[])[$"name{r}", $"value{r}", $"nan{r}", $"step{r}", $"at{r}"])];
    private static readonly string InsertPoint = InsertOf(1);
    private static readonly string InsertPoints = InsertOf(RowsAtOnce);

    /// <summary>Logs metrics, params and tags: all or nothing.</summary>
    /// <exception cref="TarnException">There is no such run, it was deleted, something breaks its rule, or a param has another value already.</exception>
    public Task LogAsync(string id, RunBatch batch, CancellationToken cancellation = default)
    {
        TrackingRules.Batch(batch);
        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                var row = await ActiveAsync(connection, transaction, id);
                var statements = new StatementList();
                await AddParamsAsync(connection, transaction, statements, row.Seq, batch.Params);
                AddMetrics(statements, row.Seq, batch.Metrics);
                foreach (var (name, value) in batch.Tags)
                {
                    PutTag(statements, row.Seq, name, value);
                }

                await statements.ExecuteAsync(connection, transaction);
            },
            cancellation);
    }

    /// <summary>Sets a tag; one that there is takes the new value.</summary>
    /// <exception cref="TarnException">There is no such run, it was deleted, or the tag breaks its rule.</exception>
    public Task SetTagAsync(string id, string name, string value, CancellationToken cancellation = default) => LogAsync(id, new RunBatch { Tags = [new(name, value)] }, cancellation);

    /// <summary>Removes a tag.</summary>
    /// <exception cref="TarnException">There is no such run or tag, or the run was deleted.</exception>
    public Task DeleteTagAsync(string id, string name, CancellationToken cancellation = default) => _store.WriteAsync(
        async (connection, transaction) =>
        {
            var row = await ActiveAsync(connection, transaction, id);
            if (await connection.ExecuteAsync("DELETE FROM training_tag WHERE run = @run AND name = @name", new { run = row.Seq, name = StoredText.Clean(name) }, transaction) == 0)
            {
                throw TarnException.NotFound($"The run {id} has no tag of that name.", TrackingRules.Short(name));
            }
        },
        cancellation);

    /// <summary>Logs datasets that the run read; one of a name and digest that is there stays as it is.</summary>
    /// <exception cref="TarnException">There is no such run, it was deleted, or a name is missing or too long.</exception>
    public Task LogInputsAsync(string id, IReadOnlyList<RunInput> inputs, CancellationToken cancellation = default)
    {
        foreach (var input in inputs)
        {
            if (input.Name.Length is 0 or > 500 || input.Digest.Length is 0 or > 200)
            {
                throw TarnException.InvalidInput("A dataset has a name of 1 to 500 characters and a digest of 1 to 200.", $"{TrackingRules.Short(input.Name)}, {TrackingRules.Short(input.Digest)}");
            }
        }

        return _store.WriteAsync(
            async (connection, transaction) =>
            {
                var row = await ActiveAsync(connection, transaction, id);
                foreach (var input in inputs)
                {
                    await connection.ExecuteAsync(
                        """
                        INSERT INTO training_input(run, name, digest, source_type, source, table_schema, profile, context, tags)
                        VALUES (@run, @name, @digest, @type, @source, @schema, @profile, @context, @tags) ON CONFLICT(run, name, digest) DO NOTHING
                        """,
                        new
                        {
                            run = row.Seq,
                            name = StoredText.Clean(input.Name),
                            digest = StoredText.Clean(input.Digest),
                            type = StoredText.Clean(input.SourceType),
                            source = StoredText.Clean(input.Source),
                            schema = StoredText.Clean(input.Schema),
                            profile = StoredText.Clean(input.Profile),
                            context = StoredText.Clean(input.Tags.GetValueOrDefault(RunTags.DataContext)),
                            tags = JsonSerializer.Serialize(input.Tags.ToDictionary(), RegistryJson.Default.DictionaryStringString),
                        },
                        transaction);
                }
            },
            cancellation);
    }

    private static void PutTag(StatementList statements, long run, string name, string value)
    {
        var clean = StoredText.Clean(value);
        statements.Add("INSERT INTO training_tag(run, name, value) VALUES (@run, @name, @value) ON CONFLICT(run, name) DO UPDATE SET value = excluded.value")
            .Number("run", run).Text("name", name).Text("value", clean);
        if (name == RunTags.Name && clean.Length > 0)
        {
            statements.Add("UPDATE training_run SET name = @name WHERE seq = @run").Text("name", clean).Number("run", run);
        }
    }

    private static async Task AddParamsAsync(
        DbConnection connection, DbTransaction transaction, StatementList statements, long run, IReadOnlyList<KeyValuePair<string, string>> given)
    {
        if (given.Count == 0)
        {
            return;
        }

        var names = InList.Of([.. given.Select(static p => p.Key)]).With("run", run);
        var known = (await connection.QueryAsync<NamedRow>(
            $"SELECT run AS Owner, name AS Name, value AS Value FROM training_param WHERE run = @run AND name IN {names.Sql}", names.Values, transaction))
            .ToDictionary(static p => p.Name, static p => p.Value, StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            var clean = StoredText.Clean(value);
            if (!known.TryGetValue(name, out var before))
            {
                statements.Add("INSERT INTO training_param(run, name, value) VALUES (@run, @name, @value)").Number("run", run).Text("name", name).Text("value", clean);
            }
            else if (before != clean)
            {
                throw TarnException.InvalidInput(
                    $"Changing param values is not allowed. Param with key='{name}' was already logged with value='{TrackingRules.Short(before)}'.", TrackingRules.Short(value), "Start another run.");
            }
        }
    }

    private static void AddMetrics(StatementList statements, long run, IReadOnlyList<Metric> metrics)
    {
        var latest = new Dictionary<string, Metric>(StringComparer.Ordinal);
        for (var from = 0; from < metrics.Count;)
        {
            // Many rows in one statement: a server that is elsewhere reads each statement anew.
            var rows = metrics.Count - from >= RowsAtOnce ? RowsAtOnce : 1;
            var statement = statements.Add(rows == 1 ? InsertPoint : InsertPoints);
            statement.Number("run", run);
            for (var i = 0; i < rows; i++)
            {
                Values(statement, metrics[from + i], i);
            }

            from += rows;
        }

        foreach (var metric in metrics)
        {
            if (!latest.TryGetValue(metric.Name, out var best) || IsLater(metric, best))
            {
                latest[metric.Name] = metric;
            }
        }

        foreach (var metric in latest.Values)
        {
            var statement = statements.Add(
                """
                INSERT INTO training_metric(run, name, value, is_nan, step, at_ms) VALUES (@run, @name0, @value0, @nan0, @step0, @at0)
                ON CONFLICT(run, name) DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan, step = excluded.step, at_ms = excluded.at_ms
                WHERE excluded.step > training_metric.step
                    OR (excluded.step = training_metric.step AND excluded.at_ms > training_metric.at_ms)
                    OR (excluded.step = training_metric.step AND excluded.at_ms = training_metric.at_ms AND excluded.value > training_metric.value)
                """);
            Values(statement.Number("run", run), metric, 0);
        }
    }

    private static bool IsLater(in Metric one, in Metric other) =>
        one.Step != other.Step ? one.Step > other.Step : one.TimestampMs != other.TimestampMs ? one.TimestampMs > other.TimestampMs : Stored(one.Value) > Stored(other.Value);

    // SQLite keeps what is not a number as null.
    private static double Stored(double value) => double.IsNaN(value) ? 0 : value;

    private static void Values(StatementList.Statement statement, in Metric metric, int row)
    {
        var names = ParameterNames[row];
        statement
            .Text(names[0], metric.Name)
            .Real(names[1], Stored(metric.Value))
            .Number(names[2], double.IsNaN(metric.Value) ? 1 : 0)
            .Number(names[3], metric.Step)
            .Number(names[4], metric.TimestampMs);
    }

    private static string InsertOf(int rows) =>
        $"INSERT INTO training_metric_point(run, name, value, is_nan, step, at_ms) VALUES {string.Join(", ", Enumerable.Range(0, rows).Select(static r => $"(@run, @{string.Join(", @", ParameterNames[r])})"))} ON CONFLICT(run, name, step, at_ms, value, is_nan) DO NOTHING";
}
