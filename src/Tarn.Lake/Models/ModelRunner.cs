using System.Security.Cryptography;
using System.Text;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Lake;

/// <summary>
/// Runs SQL models: computes a model's rows from one version of each table, tests them, and only then publishes them in one commit. Safe for use from several threads.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="models">Its models.</param>
public sealed class ModelRunner(Lake lake, SqlModelSet models)
{
    private const string ManualRun = ModelWrite.RunPrefix + "refresh";
    private const int MostTries = 20;

    /// <summary>The models.</summary>
    public SqlModelSet Models => models;

    /// <summary>Runs one model.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="options">By which run, and whether everything is made anew; null for a refresh by hand.</param>
    /// <param name="cancellationToken">Stops it; what was not committed is not done.</param>
    /// <exception cref="TarnException">
    /// A test of severity error found rows that fail (nothing is published), the query fails, or its columns changed in a way that wants a full refresh.
    /// </exception>
    public async Task<ModelResult> RunAsync(string name, ModelRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        var model = models.Get(name);
        options ??= new ModelRunOptions();
        for (var tries = 1; ; tries++)
        {
            var relations = await lake.Sql.ResolveAsync(model.Upstream, cancellationToken).ConfigureAwait(false);
            var result = model.Materialization == Materialization.View
                ? await StoreViewAsync(model, relations, cancellationToken).ConfigureAwait(false)
                : await RunOnceAsync(model, relations, options, cancellationToken).ConfigureAwait(false);
            if (result is not null)
            {
                return result;
            }

            if (tries == MostTries)
            {
                throw TarnException.Conflict("A model's table is written by one run at a time.", $"{name}: {MostTries} times another came first", "Let one pipeline run it.");
            }
        }
    }

    private async Task<ModelResult> StoreViewAsync(SqlModel model, QueryRelations relations, CancellationToken cancellationToken)
    {
        var schema = models.SchemaOf(model);
        var staging = new ModelStaging(model, schema, lake.Options.TemporaryFolder, lake.Ids.NewId());
        var tests = await lake.Sql.WorkAsync(relations, staging.Test, cancellationToken).ConfigureAwait(false);
        Require(model, tests, "the view is not stored");
        if (await lake.FindViewAsync(model.Name, cancellationToken).ConfigureAwait(false) is { } there && there.Hash == model.Hash && there.Schema.Equals(schema))
        {
            return new ModelResult(model.Name, ModelAction.Unchanged, null, 0, tests);
        }

        var view = new LakeView(model.Name, model.Sql, schema) { Description = model.Description, Hash = model.Hash, UpdatedAt = lake.Time.GetUtcNow() };
        await lake.SaveViewAsync(view, cancellationToken).ConfigureAwait(false);
        return new ModelResult(model.Name, ModelAction.ViewStored, null, 0, tests);
    }

    /// <summary>Runs it on the tables as they were found; null where another writer came first.</summary>
    private async Task<ModelResult?> RunOnceAsync(SqlModel model, QueryRelations relations, ModelRunOptions options, CancellationToken cancellationToken)
    {
        var table = lake.Table(model.Name);
        var before = await table.ExistsAsync(cancellationToken).ConfigureAwait(false) ? await table.SnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false) : null;
        var write = new ModelWrite(lake, table, model, models.SchemaOf(model), before, HashOf(model, relations), Transactions(relations, options, before), options.FullRefresh);
        await DropViewOfTheNameAsync(model, before, cancellationToken).ConfigureAwait(false);
        if (write.IsDone(options.Run))
        {
            return new ModelResult(model.Name, ModelAction.Unchanged, before!.Version, 0, []);
        }

        write.Plan();
        var merges = model.Materialization == Materialization.Incremental && before is not null && !options.FullRefresh;
        if (merges)
        {
            relations.Add(before!);
        }

        var staging = new ModelStaging(model, models.SchemaOf(model), lake.Options.TemporaryFolder, lake.Ids.NewId());
        try
        {
            var staged = await lake.Sql.WorkAsync(
                relations,
                connection => merges ? staging.Changed(connection, before!.Schema, write.IsRedefined) : staging.All(connection),
                cancellationToken).ConfigureAwait(false);
            Require(model, staged.Tests, "nothing is published");
            return await write.PublishAsync(staged, merges, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            staging.Clear();
        }
    }

    // Where the model was a view before; a table of the name already hides it.
    private async Task DropViewOfTheNameAsync(SqlModel model, TableSnapshot? before, CancellationToken cancellationToken)
    {
        if (before is not null && await lake.FindViewAsync(model.Name, cancellationToken).ConfigureAwait(false) is not null)
        {
            await lake.DropViewAsync(model.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What was read goes with the rows: by it a later run knows that there is nothing to do, and a reader what the rows follow from.</summary>
    private List<AppTransaction> Transactions(QueryRelations relations, ModelRunOptions options, TableSnapshot? before) =>
    [
        options.Run ?? new AppTransaction(ManualRun, Math.Max(lake.Time.GetUtcNow().ToUnixTimeMilliseconds(), 1 + (before?.TransactionVersion(ManualRun) ?? 0))),
        .. relations.Tables.Select(static t => new AppTransaction(ModelWrite.InputPrefix + t.Table, t.Version)),
    ];

    // Views' definitions decide the rows as the model's own does.
    private static string HashOf(SqlModel model, QueryRelations relations)
    {
        if (relations.Views.Count == 0)
        {
            return model.Hash;
        }

        var all = string.Join('\0', relations.Views.Select(static v => $"{v.Name}\0{v.Sql}").Prepend(model.Hash));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 8));
    }

    private static void Require(SqlModel model, IReadOnlyList<ModelTestResult> tests, string consequence)
    {
        var failed = tests.Where(static t => t.FailingRows > 0 && t.Test.Severity == TestSeverity.Error).ToList();
        if (failed.Count > 0)
        {
            throw TarnException.InvalidInput(
                $"The rows of the model {model.Name} pass its tests before they are published; {consequence}:\n  {string.Join("\n  ", failed)}",
                null,
                "Mend the rows where they come from, or the model; a test of `severity: warn` lets them through and tells of them.");
        }
    }
}
