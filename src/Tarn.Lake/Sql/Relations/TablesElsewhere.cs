using System.Collections.Concurrent;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>Tables that have no name here: those in folders that may be read, and in stores elsewhere.</summary>
internal sealed class TablesElsewhere(Lake lake)
{
    private const int MostKept = 64;

    private readonly ConcurrentDictionary<string, TableSource> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ObjectStore> _stores = new(StringComparer.Ordinal);

    /// <summary>The table at a place: a path, or a URI.</summary>
    /// <exception cref="TarnException">The place may not be read, or cannot be.</exception>
    public TableSource Find(string location)
    {
        if (_known.TryGetValue(location, out var known))
        {
            return known;
        }

        var (store, folder) = Locate(location);
        if (_known.Count >= MostKept)
        {
            _known.Clear();
        }

        return _known[location] = Open(location, store, folder);
    }

    private TableSource Open(string location, ObjectStore store, string folder)
    {
        var files = ReferenceEquals(store, lake.Store) ? lake.Files : lake.FilesOf(store);
        var log = new DeltaLog(store, folder, new CheckpointFiles(store, files));
        return new TableSource(location, store, folder, new TableLog(log, store, lake.Options, lake.Time, lake.Ids), files);
    }

    private (ObjectStore Store, string Folder) Locate(string location)
    {
        var scheme = location.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0 && !location.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            return LocateElsewhere(location, scheme);
        }

        var path = PathOf(location);
        if (lake.Store.LocalRoot is { } root && Below(root, path) is { Length: > 0 } inLake)
        {
            return (lake.Store, inLake);
        }

        // A store reads through no links; those on the way to the table are gone through here, and what they lead to has to be readable, too.
        var real = Readable(path) is not null ? WithoutLinks(path) : path;
        if (Readable(real) is { } folder)
        {
            // A table that is the folder itself lies in the folder above.
            var top = Below(folder, real)!.Length > 0 ? folder : Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) ?? folder;
            return Directory.Exists(real) ? (Local(top), Below(top, real)!) : throw NoTable(location);
        }

        throw NotReadable(location);
    }

    private string? Readable(string path) =>
        lake.Options.ReadableFolders.FirstOrDefault(folder => !folder.Contains("://", StringComparison.Ordinal) && Below(folder, path) is not null);

    private static string WithoutLinks(string path)
    {
        var real = Path.GetPathRoot(path)!;
        foreach (var part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = Directory.Exists(next) && Directory.ResolveLinkTarget(next, returnFinalTarget: true) is { } target ? WithoutLinks(target.FullName) : next;
        }

        return real;
    }

    private (ObjectStore Store, string Folder) LocateElsewhere(string location, int scheme)
    {
        var uri = LogPath.Canonical(location.TrimEnd('/'));
        if (lake.Store.PathOf(uri) is { } inLake)
        {
            return (lake.Store, inLake);
        }

        var bucket = uri.IndexOf('/', scheme + 3);
        if (bucket < 0 || bucket == uri.Length - 1)
        {
            throw NoTable(location);
        }

        if (!lake.Options.ReadableFolders.Any(f => f == "/" || uri.StartsWith(f.TrimEnd('/') + "/", StringComparison.Ordinal)))
        {
            throw NotReadable(location);
        }

        var open = lake.OpenStore ?? throw new TarnException(ErrorKind.Unsupported, "This program knows no store of that kind.", location, "Copy the table to a folder.");
        return (_stores.GetOrAdd(uri[..bucket], static (store, open) => open(store), open), uri[(bucket + 1)..]);
    }

    private string PathOf(string location)
    {
        var path = location.StartsWith("file:", StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(location, UriKind.Absolute, out var uri) ? uri.LocalPath : location;
        if (path.Length == 0 || (!Path.IsPathFullyQualified(path) && lake.Options.WorkingFolder is null))
        {
            throw TarnException.InvalidInput("A table is named by its full path here.", location, "For example delta_scan('/data/trips').");
        }

        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, lake.Options.WorkingFolder ?? path));
    }

    private LocalObjectStore Local(string root) => (LocalObjectStore)_stores.GetOrAdd(root, static r => new LocalObjectStore(r));

    /// <summary>The rest of a path below a folder; null where it is not below.</summary>
    private static string? Below(string folder, string path)
    {
        var with = Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;
        return path.StartsWith(with, StringComparison.Ordinal) ? path[with.Length..].Replace(Path.DirectorySeparatorChar, '/')
            : path == Path.TrimEndingDirectorySeparator(folder) ? ""
            : null;
    }

    /// <summary>The error for a place where no table is.</summary>
    public static TarnException NoTable(string location) => TarnException.NotFound(
        "There is no Delta table at this place: no folder _delta_log with a commit in it.", location, "Name the folder that holds _delta_log; Parquet files without a log are read by read_parquet('…/*.parquet').");

    private static TarnException NotReadable(string location) => TarnException.InvalidInput(
        "A query here reads tables of the lake, and of folders that Lake:ReadableFolders names.",
        location,
        "On the command line, tables query reads every table that its caller may read.");
}
