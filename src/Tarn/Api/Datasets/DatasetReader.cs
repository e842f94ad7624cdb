using Tarn.Core;
using Tarn.Lake;
using Tarn.Training;

namespace Tarn;

/// <summary>Reads datasets for those who look at them, and keeps the last ones as long as their tables stay as they are. Safe for use from several threads.</summary>
internal sealed class DatasetReader(Lake.Lake lake, TimeProvider time) : IDisposable
{
    /// <summary>So many datasets are kept, and so many images of them together; the newest always is.</summary>
    private const int MostKept = 32;
    private const int MostImages = 500_000;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _reading = new(1);

    // Pictures are made by as many as there are cores: a page asks for a hundred at once.
    private readonly SemaphoreSlim _drawing = new(Environment.ProcessorCount);
    private readonly LinkedList<(Key Key, OpenDataset Dataset)> _kept = new();

    /// <summary>All datasets of the lake, each at its newest version, by name.</summary>
    public async Task<IReadOnlyList<OpenDataset>> ListAsync(CancellationToken cancellation)
    {
        var found = new List<OpenDataset>();
        foreach (var name in await ImageDataset.ListAsync(lake, cancellation).ConfigureAwait(false))
        {
            found.Add(await OpenAsync(name, null, cancellation).ConfigureAwait(false));
        }

        return found;
    }

    /// <summary>A dataset at a version, null for the newest.</summary>
    /// <exception cref="TarnException">There is no such table or version, or the table holds no dataset.</exception>
    public async Task<OpenDataset> OpenAsync(string name, long? version, CancellationToken cancellation)
    {
        var table = await lake.Table(name).SnapshotAsync(version is { } number ? AsOf.Version(number) : null, cancellation).ConfigureAwait(false);
        if (!ImageDataset.IsDataset(table.Schema))
        {
            throw TarnException.NotFound("A dataset is a table of images with classes; this table is none.", name, "See the list of datasets.");
        }

        var dataset = new ImageDataset(lake, table.Table, time);
        var key = new Key(
            table.Table, table.Id, table.Version,
            await StateAsync(dataset.Quarantine, cancellation).ConfigureAwait(false), await StateAsync(lake.Table($"{table.Table}_test_uses"), cancellation).ConfigureAwait(false));
        if (Find(k => k == key) is { } kept)
        {
            return kept;
        }

        await _reading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (Find(k => k == key) is { } meanwhile)
            {
                return meanwhile;
            }

            var snapshot = await dataset.SnapshotAsync(table.Version, cancellation).ConfigureAwait(false);
            var report = await dataset.ReportOfAsync(snapshot, cancellation).ConfigureAwait(false);
            var read = new OpenDataset(dataset, snapshot, report, await dataset.QuarantinedAsync(cancellation).ConfigureAwait(false), table.Timestamp);
            Keep(key, read);
            return read;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>A small picture, as a JPEG, of an image of a dataset or of a file that was kept out of it, named by the hash of its bytes.</summary>
    /// <param name="name">The dataset.</param>
    /// <param name="version">The version to look the hash up in; null for the newest. What a hash names is the same in all.</param>
    /// <param name="sha256">The hash.</param>
    /// <param name="side">The side, in pixels, of the square that it fits into.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="TarnException">The dataset knows no such hash, or its bytes are gone or show no picture.</exception>
    public async Task<byte[]> ThumbnailAsync(string name, long? version, string sha256, int side, CancellationToken cancellation)
    {
        // What was looked at a moment ago needs no look at the tables: a hash never means other bytes.
        var open = Find(k => k.Name == name && (version is null || k.Version == version), d => d.Snapshot.Find(sha256) is not null || d.Quarantined.Contains(sha256))
            ?? await OpenAsync(name, version, cancellation).ConfigureAwait(false);
        await _drawing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return ImageThumbnail.Make(await BytesAsync(open, sha256, cancellation).ConfigureAwait(false), side, open.Dataset.Options.Limits);
        }
        catch (TarnException fault) when (fault.Kind is ErrorKind.Corrupt or ErrorKind.InvalidInput or ErrorKind.Unsupported or ErrorKind.Unavailable)
        {
            // For who looks, a picture that cannot be shown is one that is not there; the reason says why.
            throw new TarnException(ErrorKind.NotFound, $"There is no picture of this file: {fault.Rule}", sha256, fault.Remedy, fault);
        }
        finally
        {
            _drawing.Release();
        }
    }

    public void Dispose()
    {
        _reading.Dispose();
        _drawing.Dispose();
    }

    private static async Task<byte[]> BytesAsync(OpenDataset open, string sha256, CancellationToken cancellation)
    {
        if (open.Snapshot.Find(sha256) is { } image)
        {
            return await open.Snapshot.ReadAsync(image, cancellation).ConfigureAwait(false);
        }

        foreach (var file in open.Quarantined[sha256])
        {
            if (await open.Dataset.ReadQuarantinedAsync(file, cancellation).ConfigureAwait(false) is { } bytes)
            {
                return bytes;
            }
        }

        throw open.Quarantined.Contains(sha256)
            ? TarnException.NotFound("The file that was kept out is no longer there, and its bytes were not kept.", sha256)
            : TarnException.NotFound($"The dataset {open.Snapshot.Table} knows no file of that hash.", sha256, "See its images and findings.");
    }

    private static async Task<(string? Id, long Version)> StateAsync(LakeTable table, CancellationToken cancellation)
    {
        if (!await table.ExistsAsync(cancellation).ConfigureAwait(false))
        {
            return (null, -1);
        }

        var snapshot = await table.SnapshotAsync(cancellationToken: cancellation).ConfigureAwait(false);
        return (snapshot.Id, snapshot.Version);
    }

    private OpenDataset? Find(Func<Key, bool> wanted, Func<OpenDataset, bool>? holds = null)
    {
        lock (_gate)
        {
            for (var node = _kept.First; node is not null; node = node.Next)
            {
                if (wanted(node.Value.Key) && (holds is null || holds(node.Value.Dataset)))
                {
                    _kept.Remove(node);
                    _kept.AddFirst(node);
                    return node.Value.Dataset;
                }
            }
        }

        return null;
    }

    private void Keep(Key key, OpenDataset dataset)
    {
        lock (_gate)
        {
            _kept.AddFirst((key, dataset));
            while (_kept.Count > 1 && (_kept.Count > MostKept || _kept.Sum(static k => (long)k.Dataset.Snapshot.Images.Count) > MostImages))
            {
                _kept.RemoveLast();
            }
        }
    }

    private sealed record Key(string Name, string Id, long Version, (string? Id, long Version) Quarantine, (string? Id, long Version) TestUses);
}
