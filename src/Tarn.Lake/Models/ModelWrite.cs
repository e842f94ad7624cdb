using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Publishes a model's rows: one commit that holds rows, columns, and what they follow from.</summary>
internal sealed class ModelWrite(
    Lake lake, LakeTable table, SqlModel model, TableSchema schema, TableSnapshot? before, string hash, IReadOnlyList<AppTransaction> transactions, bool rebuild)
{
    /// <summary>Under this and the table's name, the version of a table that was read is stored with the rows.</summary>
    public const string InputPrefix = "input:";

    private List<DeltaAction> _metadata = [];

    /// <summary>Whether the rows there were made by another definition.</summary>
    public bool IsRedefined => before?.Properties.GetValueOrDefault(ModelTable.Property) != hash;

    /// <summary>Whether there is nothing to do: this run wrote already, or the same was written from the same versions.</summary>
    public bool IsDone(AppTransaction? run)
    {
        if (before is null || rebuild)
        {
            return before is not null && run is { } refresh && before.TransactionVersion(refresh.AppId) == refresh.Version;
        }

        return !IsRedefined && transactions.Where(static t => t.AppId.StartsWith(InputPrefix, StringComparison.Ordinal)).All(t => before.TransactionVersion(t.AppId) == t.Version);
    }

    /// <summary>Works out what the table's columns and properties become.</summary>
    /// <exception cref="TarnException">They cannot.</exception>
    public void Plan()
    {
        if (before is not null)
        {
            TableProtocol.RequireWritable(before.State);
        }

        _metadata = ModelTable.Plan(model, schema, hash, before?.State, rebuild, lake.Ids, lake.Time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Commits; null where another writer came first.</summary>
    public async Task<ModelResult?> PublishAsync(StagedRows staged, bool merges, CancellationToken cancellationToken)
    {
        // Where no row changes, what the rows follow from is stored nevertheless: the next run sees by it that there is nothing to do.
        var same = merges && staged.Rows == 0;
        var basis = before?.State ?? LogState.Empty;
        var actions = new List<DeltaAction>(_metadata);
        IReadOnlyList<AddFile> added = [];
        if (!same)
        {
            var source = merges ? await WholeAsync(staged, cancellationToken).ConfigureAwait(false) : staged.File;
            var evolved = actions.Count == 0 ? basis : basis.Apply(basis.Version, basis.Timestamp, actions);
            added = await ModelFiles.WriteAsync(lake, table, evolved, source, cancellationToken).ConfigureAwait(false);
            actions.AddRange(before?.Files.Select(f => table.Writer.Removal(f, dataChange: true)) ?? []);
            actions.AddRange(added);
        }

        var plan = new CommitPlan
        {
            Operation = merges ? "MERGE" : "WRITE",
            Rule = ConflictRule.ReadAndRewrite,
            Actions = actions,
            Transactions = transactions,
            Parameters = new Dictionary<string, string> { ["mode"] = "Overwrite", ["model"] = model.Name, ["definition"] = hash },
            Metrics = Metrics.Of(("numFiles", added.Count), ("numOutputRows", staged.Rows), ("numOutputBytes", added.Sum(static f => f.Size))),
        };
        try
        {
            var (outcome, state) = await table.CommitAsync(basis, plan, staged.Rows, before?.RowCount ?? 0, cancellationToken).ConfigureAwait(false);
            if (outcome == CommitOutcome.Committed)
            {
                return new ModelResult(model.Name, same ? ModelAction.Unchanged : merges ? ModelAction.Merged : ModelAction.Replaced, state.Version, staged.Rows, staged.Tests);
            }

            await table.Writer.DiscardAsync(actions).ConfigureAwait(false);
            return outcome == CommitOutcome.AlreadyApplied ? new ModelResult(model.Name, ModelAction.Unchanged, state.Version, 0, staged.Tests) : null;
        }
        catch (OperationCanceledException)
        {
            await table.Writer.DiscardAsync(actions).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<string> WholeAsync(StagedRows staged, CancellationToken cancellationToken)
    {
        var relations = new QueryRelations();
        relations.Add(before!);
        var file = Path.ChangeExtension(staged.File, ".whole.parquet");
        var target = $"{SqlNames.Quote(model.Table.Layer)}.{SqlNames.Quote(model.Table.Name)}";
        var same = string.Join(" AND ", model.UniqueKey.Select(static k => $"t.{SqlNames.Quote(k)} = s.{SqlNames.Quote(k)}"));
        await lake.Sql.WorkAsync(
            relations,
            connection => connection.Execute(
                $"COPY (SELECT * FROM {ModelStaging.Read(staged.File)} UNION ALL BY NAME SELECT t.* FROM {target} t WHERE NOT EXISTS (SELECT 1 FROM {ModelStaging.Read(staged.File)} s WHERE {same})) TO {SqlNames.Text(file)} (FORMAT parquet, COMPRESSION snappy)"),
            cancellationToken).ConfigureAwait(false);
        return file;
    }
}
