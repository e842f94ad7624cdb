using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Training;

/// <summary>Writes what an import does: the rows in one commit, or, where bytes are kept, in several of bounded size, and what was kept out.</summary>
internal sealed class DatasetWrite(ImageTables tables, ImageDatasetOptions options)
{
    /// <summary>The progress that each commit of rows stores: the one that comes too late sees that another importer was quicker.</summary>
    private const string AppId = "tarn.dataset";

    /// <summary>Writes rows.</summary>
    /// <param name="basis">The snapshot that the plan was made from.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="read">Gives the bytes of images of these hashes; used where bytes are kept.</param>
    /// <param name="cancellationToken">Ends the work; what was committed stays.</param>
    /// <returns>The version, or null where another importer wrote meanwhile, and a new plan is needed.</returns>
    public async Task<long?> WriteAsync(
        TableSnapshot basis, ImportPlan plan, Func<IReadOnlySet<string>, IAsyncEnumerable<(string Sha256, byte[] Content)>> read, CancellationToken cancellationToken)
    {
        if (!plan.ChangesRows)
        {
            return basis.Version;
        }

        var stored = basis.TransactionVersion(AppId);
        var changes = plan.Updated.Select(static u => new StoredImage(u)).Concat(plan.Replaced.Select(static r => new StoredImage(r, deleted: true))).ToList();
        if (!options.KeepContent)
        {
            return await CommitAsync([.. changes, .. plan.Added.Select(static a => new StoredImage(a))], stored, cancellationToken).ConfigureAwait(false);
        }

        long? version = basis.Version;
        if (changes.Count > 0)
        {
            version = await CommitAsync(changes, stored, cancellationToken).ConfigureAwait(false);
            stored = Next(stored);
        }

        var waiting = plan.Added.ToDictionary(static a => a.Sha256, StringComparer.Ordinal);
        var rows = new List<StoredImage>();
        var bytes = 0L;
        await foreach (var (sha256, content) in read(waiting.Keys.ToHashSet(StringComparer.Ordinal)).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (version is null)
            {
                return null;
            }

            if (waiting.Remove(sha256, out var image))
            {
                rows.Add(new StoredImage(image, content));
                bytes += content.Length;
            }

            if (bytes >= options.ContentBytesPerCommit)
            {
                version = await CommitAsync(rows, stored, cancellationToken).ConfigureAwait(false);
                stored = Next(stored);
                rows.Clear();
                bytes = 0;
            }
        }

        version = version is not null && rows.Count > 0 ? await CommitAsync(rows, stored, cancellationToken).ConfigureAwait(false) : version;
        return version is null || waiting.Count == 0 ? version : throw TarnException.Conflict(
            "A source stays as it is while it is imported.", $"{waiting.Values.First().Path} changed or went ({waiting.Count} files)", "Import again: what came in stays.");
    }

    /// <summary>Adds what is not in quarantine yet.</summary>
    public async Task QuarantineAsync(IReadOnlyList<QuarantinedImage> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var quarantine = await tables.QuarantineAsync(cancellationToken).ConfigureAwait(false);
        await quarantine.MergeAsync(
            RowSource.Of(rows),
            "target.path = source.path AND target.root IS NOT DISTINCT FROM source.root AND target.check = source.check AND target.sha256 = source.sha256",
            static clauses => clauses.WhenNotMatchedInsertAll(),
            cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    private static long Next(long? stored) => (stored ?? 0) + 1;

    private async Task<long?> CommitAsync(List<StoredImage> rows, long? stored, CancellationToken cancellationToken)
    {
        var write = new WriteOptions
        {
            Transactions = [new AppTransaction(AppId, Next(stored))],
            ExpectedTransactions = new Dictionary<string, long?> { [AppId] = stored },
            Operation = "IMPORT",
        };
        try
        {
            var result = await tables.Images.MergeAsync(
                RowSource.Of(rows),
                "target.sha256 = source.sha256",
                static clauses => clauses
                    .WhenMatchedDelete("source.deleted")
                    .WhenMatchedUpdate(new Dictionary<string, string> { ["path"] = "source.path", ["root"] = "source.root", ["label"] = "source.label", ["group_id"] = "source.group_id" })
                    .WhenNotMatchedInsert(ImageTables.Columns.ToDictionary(static c => c, static c => $"source.{c}"), "NOT source.deleted"),
                write,
                cancellationToken).ConfigureAwait(false);
            return result.WasApplied ? null : result.Version;
        }
        catch (TarnException error) when (error.Kind == ErrorKind.Conflict)
        {
            return null;
        }
    }
}
