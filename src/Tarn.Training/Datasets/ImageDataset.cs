using System.Collections.Concurrent;
using System.Security.Cryptography;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Training;

/// <summary>
/// Images with classes in a Delta table, a row for each, beside it a table of what was kept out (<c>NAME_quarantine</c>) and a ledger of who judged by the test images
/// (<c>NAME_test_uses</c>). An image has its split from the moment it comes, and keeps it however the dataset grows; images that look alike are in one split.
/// Safe for use from several threads, and beside other processes that import into the same dataset.
/// </summary>
public sealed class ImageDataset
{
    private const int Tries = 20;

    private readonly Tarn.Lake.Lake _lake;
    private readonly TimeProvider _time;
    private readonly ImageTables _tables;

    /// <summary>Opens a dataset; the first import creates its tables.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="name">The name of its table, <c>layer.name</c>.</param>
    /// <param name="time">The clock of <see cref="DatasetImage.AddedAt"/> and the like.</param>
    /// <param name="options">How images are taken in; null for the defaults.</param>
    /// <exception cref="TarnException">The name is none of a table, or options are out of their ranges: all that are.</exception>
    public ImageDataset(Tarn.Lake.Lake lake, string name, TimeProvider time, ImageDatasetOptions? options = null)
    {
        Options = options ?? new ImageDatasetOptions();
        Options.Validate();
        (_lake, _time, _tables) = (lake, time, new ImageTables(lake, name));
    }

    /// <summary>The name of its table.</summary>
    public string Name => _tables.Images.Name;

    /// <summary>How images are taken in.</summary>
    public ImageDatasetOptions Options { get; }

    /// <summary>The table of what was kept out.</summary>
    public LakeTable Quarantine => _tables.Quarantine;

    /// <summary>The names of the datasets of a lake, in ordinal order: of those tables that have a dataset's columns.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<IReadOnlyList<string>> ListAsync(Tarn.Lake.Lake lake, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lake);
        var names = new List<string>();
        foreach (var name in await lake.ListTablesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (IsDataset((await lake.Table(name.ToString()).SnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Schema))
            {
                names.Add(name.ToString());
            }
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Whether a table with these columns holds a dataset: it has all of a dataset's, each of its type, and maybe others.</summary>
    /// <param name="schema">The table's columns.</param>
    public static bool IsDataset(TableSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var types = schema.Columns.ToDictionary(static c => c.Name, static c => c.Type, StringComparer.Ordinal);
        return RowMapping<StoredImage>.Instance.Schema.Columns.Where(static c => c.Name != "deleted").All(c => types.TryGetValue(c.Name, out var type) && type.Equals(c.Type));
    }

    /// <summary>
    /// Takes the images of a source in: examines every file, keeps out what cannot be used (into quarantine, with its reason), gives the new ones their splits, and commits.
    /// The same source again changes nothing. Killed at any instant, what was committed stays, and the next import goes on from there.
    /// </summary>
    /// <param name="source">Where the images come from.</param>
    /// <param name="progress">Told after each file; null for nobody.</param>
    /// <param name="cancellationToken">Ends the import; what was committed stays.</param>
    /// <exception cref="TarnException">The source cannot be read, or others keep writing at the same time.</exception>
    public async Task<DatasetImport> ImportAsync(ImageSource source, IProgress<DatasetProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);

        // An import finds by itself what was done before; its writes must not be counted as those of a task's attempt, which may come in another number the next time.
        using var alone = LakeWriteScope.Suspend();
        var table = await _tables.ImagesAsync(cancellationToken).ConfigureAwait(false);
        var examined = await ExamineAsync(source, progress, cancellationToken).ConfigureAwait(false);
        var write = new DatasetWrite(_tables, Options);
        for (var i = 0; i < Tries; i++)
        {
            var basis = await table.SnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            var stored = await RowsAsync(basis.Version, cancellationToken).ConfigureAwait(false);
            var plan = new ImportPlanner(stored, Options, _time.GetUtcNow(), IsGone).Plan(examined);

            // What is kept out is written first: whatever happens then, no file is in neither table.
            await write.QuarantineAsync(await QuarantinedAsync(plan, basis.Version, source, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            if (await write.WriteAsync(basis, plan, wanted => ContentAsync(source, wanted, cancellationToken), cancellationToken).ConfigureAwait(false) is { } version)
            {
                return new DatasetImport(Name, version)
                {
                    Seen = examined.Count,
                    Added = plan.Added.Count,
                    Unchanged = plan.Unchanged,
                    Updated = plan.Updated.Count,
                    Replaced = plan.Replaced.Count,
                    Told = plan.Told,
                    Refused = [.. plan.Refused.Select(static r => r.Finding)],
                };
            }
        }

        throw TarnException.Conflict("A dataset is imported into by few at a time.", Name, "Others keep writing to it: try again when they are done.");
    }

    /// <summary>The dataset at a version.</summary>
    /// <param name="version">The table's version; null for the newest.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="TarnException">There is no such dataset, or no such version (any more).</exception>
    public async Task<ImageDatasetSnapshot> SnapshotAsync(long? version = null, CancellationToken cancellationToken = default)
    {
        var number = version ?? (await _tables.Images.SnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Version;
        return new ImageDatasetSnapshot(_tables, Name, number, await RowsAsync(number, cancellationToken).ConfigureAwait(false), Options);
    }

    /// <summary>What was kept out so far, by path, without the files' bytes.</summary>
    public async Task<IReadOnlyList<QuarantinedImage>> QuarantinedAsync(CancellationToken cancellationToken = default)
    {
        var columns = RowMapping<QuarantinedImage>.Instance.Schema.Columns.Select(static c => c.Name).Where(static c => c != "content");
        var rows = await _tables.RowsAsync<QuarantinedImage>(_tables.Quarantine, null, columns, cancellationToken).ConfigureAwait(false);
        return [.. rows.OrderBy(static r => r.Path, StringComparer.Ordinal).ThenBy(static r => r.Check).ThenBy(static r => r.FoundAt)];
    }

    /// <summary>The bytes of a file that was kept out: from the file, as long as it is the one that was kept out, or from the quarantine where that keeps bytes.</summary>
    /// <param name="image">The row of the quarantine.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The bytes, whose SHA-256 was compared; null where there are none any more, or where the file was never read whole.</returns>
    public async Task<byte[]?> ReadQuarantinedAsync(QuarantinedImage image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (image.Sha256.Length == 0)
        {
            return null;
        }

        if (image.Root is not null)
        {
            try
            {
                var content = new SourceImage(image.Path, image.Root, null).Read(Options.Limits);
                if (Convert.ToHexStringLower(SHA256.HashData(content)) == image.Sha256)
                {
                    return content;
                }
            }
            catch (TarnException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.InvalidInput or ErrorKind.Unavailable)
            {
                // Gone, or grown over the limit: another file than the one that was kept out.
            }
        }

        var options = new QueryOptions { Parameters = new Dictionary<string, object?> { ["sha256"] = image.Sha256 } };
        await using var result = await _lake.Sql.QueryAsync($"SELECT content FROM {Quarantine.Name} WHERE content IS NOT NULL AND sha256 = $sha256 LIMIT 1", options, cancellationToken).ConfigureAwait(false);
        await foreach (var row in result.RowsAsync(cancellationToken).ConfigureAwait(false))
        {
            return (byte[])row[0]!;
        }

        return null;
    }

    /// <summary>
    /// Writes into the ledger that somebody judges by the test images, and tells who did so before. To be called before the images are used; a repeated attempt (the same user
    /// and purpose) is the same use.
    /// </summary>
    /// <param name="snapshot">The version whose test images are used.</param>
    /// <param name="usedBy">Who: a training run's id, or what else is judged.</param>
    /// <param name="purpose">What for, such as <c>evaluation</c> or <c>gate</c>.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="TarnException">The version has no test images.</exception>
    public Task<TestUseResult> UseTestAsync(ImageDatasetSnapshot snapshot, string usedBy, string purpose, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentException.ThrowIfNullOrWhiteSpace(usedBy);
        ArgumentException.ThrowIfNullOrWhiteSpace(purpose);
        var test = snapshot.Of(DatasetSplit.Test);
        return test.Count == 0
            ? throw TarnException.InvalidInput("A dataset is judged by its test images; this one has none.", $"{Name} version {snapshot.Version}", "Add images, or give the test split a share.")
            : new TestLedger(_tables, _time).UseAsync(snapshot.Version, test, usedBy, purpose, cancellationToken);
    }

    /// <summary>Every use of the dataset's test images, the oldest first.</summary>
    public Task<IReadOnlyList<TestUse>> TestUsesAsync(CancellationToken cancellationToken = default) => new TestLedger(_tables, _time).ReadAsync(null, cancellationToken);

    /// <summary>Checks a version as a whole, and tells of it and of what was kept out.</summary>
    /// <param name="version">The table's version; null for the newest.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<DatasetReport> ReportAsync(long? version = null, CancellationToken cancellationToken = default)
    {
        var snapshot = await SnapshotAsync(version, cancellationToken).ConfigureAwait(false);
        return await ReportOfAsync(snapshot, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Checks a version that was read already, and tells of it and of what was kept out.</summary>
    /// <param name="snapshot">The version.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<DatasetReport> ReportOfAsync(ImageDatasetSnapshot snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var quarantined = await QuarantinedAsync(cancellationToken).ConfigureAwait(false);
        var uses = await TestUsesAsync(cancellationToken).ConfigureAwait(false);
        return DatasetReport.Of(snapshot, quarantined, uses, Options, _time.GetUtcNow());
    }

    private Task<IReadOnlyList<DatasetImage>> RowsAsync(long version, CancellationToken cancellationToken) =>
        _tables.RowsAsync<DatasetImage>(_tables.Images, version, ImageTables.Columns.Where(static c => c != "content"), cancellationToken);

    private async Task<IReadOnlyCollection<ExaminedImage>> ExamineAsync(ImageSource source, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var examined = new ConcurrentBag<ExaminedImage>();
        var (count, refused) = (0, 0);
        var parallel = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Options.EffectiveThreads };
        await Parallel.ForEachAsync(source.ReadAsync(cancellationToken), parallel, (image, _) =>
        {
            if (image.Content is not null && !Options.KeepContent)
            {
                throw TarnException.InvalidInput($"A dataset that keeps no bytes refers to files; {source.Description} gives bytes.", image.Path, "Set KeepContent.");
            }

            var result = ImageExamination.Run(image, Options);
            examined.Add(result);
            var outside = result.Refusal is null ? Volatile.Read(ref refused) : Interlocked.Increment(ref refused);
            progress?.Report(new DatasetProgress(Interlocked.Increment(ref count), outside));
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        // A row that is delivered again says nothing new.
        examined = [.. examined.DistinctBy(static e => (e.Source.Root, e.Source.Path, e.Sha256, e.Source.Label, e.Source.Split, e.Source.Group))];
        var twice = examined.GroupBy(static e => (e.Source.Root, e.Source.Path)).FirstOrDefault(static g => g.Skip(1).Any());
        return twice is null ? examined : throw TarnException.InvalidInput($"A path names one image; {source.Description} gives several rows for one, and they differ.", twice.Key.Path, "Keep one row for each image.");
    }

    private async Task<IReadOnlyList<QuarantinedImage>> QuarantinedAsync(ImportPlan plan, long version, ImageSource source, CancellationToken cancellationToken)
    {
        var contents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        if (Options.KeepContent && plan.Refused.Count > 0)
        {
            var wanted = plan.Refused.Where(static r => r.Finding.Check != ImageCheck.Duplicate).Select(static r => r.Finding.Sha256).OfType<string>().ToHashSet(StringComparer.Ordinal);
            await foreach (var (sha256, content) in ContentAsync(source, wanted, cancellationToken).ConfigureAwait(false))
            {
                contents.TryAdd(sha256, content);
            }

            await foreach (var (sha256, content) in _tables.ContentAsync(version, [.. wanted.Where(w => !contents.ContainsKey(w))], cancellationToken).ConfigureAwait(false))
            {
                contents.TryAdd(sha256, content);
            }
        }

        return [.. plan.Refused.Select(r => new QuarantinedImage
        {
            Path = r.Finding.Subject,
            Root = r.Root,
            Label = r.Finding.Label,
            Check = r.Finding.Check,
            Reason = r.Finding.Reason,
            Remedy = r.Finding.Remedy,
            Related = r.Finding.Related,
            Sha256 = r.Finding.Sha256 ?? "",
            FoundAt = _time.GetUtcNow(),
            Content = r.Finding.Sha256 is { } sha256 ? contents.GetValueOrDefault(sha256) : null,
        })];
    }

    /// <summary>The bytes of those images of a source that are wanted. A file that changed since it was examined is left for the next import.</summary>
    private async IAsyncEnumerable<(string Sha256, byte[] Content)> ContentAsync(
        ImageSource source, IReadOnlySet<string> wanted, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (wanted.Count == 0)
        {
            yield break;
        }

        await foreach (var image in source.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            byte[] content;
            try
            {
                content = image.Read(Options.Limits);
            }
            catch (TarnException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.InvalidInput or ErrorKind.Unavailable)
            {
                // Examined before, and in quarantine for this.
                continue;
            }

            if (Convert.ToHexStringLower(SHA256.HashData(content)) is var sha256 && wanted.Contains(sha256))
            {
                yield return (sha256, content);
            }
        }
    }

    private static bool IsGone(DatasetImage image) => image.Root is { } root && !File.Exists(SourceImage.FullPath(root, image.Path));
}
