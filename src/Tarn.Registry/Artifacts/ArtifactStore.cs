using System.Security.Cryptography;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Registry;

/// <summary>
/// The files of runs and of model versions, in an object store: <c>artifacts/EXPERIMENT/RUN/artifacts/…</c> and <c>models/NAME/VERSION/…</c>. A file appears whole or not at all.
/// Files of any size pass through without being held in memory. Safe for use from several threads.
/// </summary>
public sealed class ArtifactStore
{
    private readonly ObjectStore _objects;
    private readonly string _scratch;
    private readonly IdSource _ids;

    internal ArtifactStore(ObjectStore objects, string scratch, IdSource ids) => (_objects, _scratch, _ids) = (objects, scratch, ids);

    /// <summary>Where the files are, for people.</summary>
    public string Location => _objects.Location;

    /// <summary>The path here of the folder or file that a URI names, as in a run's <see cref="TrainingRun.ArtifactLocation"/>; null where it is kept elsewhere.</summary>
    public static string? PathOf(string uri) => ArtifactUris.PathOf(uri);

    /// <summary>The path here of what MLflow's clients name by a path of the proxied artifacts; null where it leads out of them.</summary>
    public static string? PathOfProxied(string path) => ArtifactUris.PathOfProxied(path.Trim('/'));

    /// <summary>Keeps a file of a run, in place of any that has that path.</summary>
    /// <param name="run">The run.</param>
    /// <param name="source">The file.</param>
    /// <param name="cancellation">Stops it; then nothing is kept.</param>
    /// <exception cref="TarnException">The run keeps its artifacts elsewhere, the path breaks its rule, or the store cannot be written.</exception>
    public async Task<ModelFile> PutAsync(TrainingRun run, ArtifactSource source, CancellationToken cancellation = default)
    {
        var path = FolderOf(run);
        await using var content = await source.OpenAsync(cancellation);
        return (await PutAsync($"{path}/{source.Path}", content, cancellation)) with { Path = source.Path };
    }

    /// <summary>Keeps a file, in place of any that has that path.</summary>
    /// <param name="path">Its path here.</param>
    /// <param name="content">Its bytes, to the end.</param>
    /// <param name="cancellation">Stops it; then nothing is kept.</param>
    /// <exception cref="TarnException">The path breaks its rule, or the store cannot be written.</exception>
    public async Task<ModelFile> PutAsync(string path, Stream content, CancellationToken cancellation = default)
    {
        CheckPath(path);
        Directory.CreateDirectory(_scratch);

        // Such names are not listed where the scratch folder lies within the store.
        var temporary = Path.Combine(_scratch, $".{_ids.NewId()}.tmp");
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long size = 0;
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous))
            {
                var buffer = new byte[1 << 17];
                while (await content.ReadAsync(buffer, cancellation) is var read and > 0)
                {
                    hash.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
                    size += read;
                }
            }

            await _objects.PutFileAsync(path, temporary, cancellation);
            return new ModelFile(path, size, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch (IOException exception) when (exception is not FileNotFoundException)
        {
            throw new TarnException(ErrorKind.Unavailable, $"The artifact could not be written: {exception.Message}", path, "Look at the disk's room and the folder's rights.", exception);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Opens a file to read it; null where there is none.</summary>
    /// <exception cref="TarnException">The path breaks its rule, or the store cannot be read.</exception>
    public async Task<Stream?> OpenAsync(string path, CancellationToken cancellation = default)
    {
        CheckPath(path);
        if (await _objects.HeadAsync(path, cancellation) is not { } info)
        {
            return null;
        }

        try
        {
            return _objects.LocalPath(path) is { } file
                ? new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan)
                : new ObjectStream(_objects, path, info.Size);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A file of this machine with the bytes, for programs and libraries that want one; null where the store is elsewhere. It may not be there.</summary>
    public string? LocalPath(string path)
    {
        CheckPath(path);
        return _objects.LocalPath(path);
    }

    /// <summary>What is directly in a folder: its folders and files, by name. Where the path is a file's, nothing.</summary>
    /// <param name="folder">The folder's path here.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <returns>Paths are relative to the folder.</returns>
    public async Task<IReadOnlyList<ArtifactEntry>> ListAsync(string folder, CancellationToken cancellation = default)
    {
        CheckPath(folder);
        var found = new SortedDictionary<string, ArtifactEntry>(StringComparer.Ordinal);
        await foreach (var item in _objects.ListAsync(folder, cancellationToken: cancellation))
        {
            var rest = item.Path.AsSpan(folder.Length + 1);
            var slash = rest.IndexOf('/');
            var name = (slash < 0 ? rest : rest[..slash]).ToString();
            found.TryAdd(name, slash < 0 ? new ArtifactEntry(name, false, item.Size) : new ArtifactEntry(name, true, null));
        }

        return [.. found.Values];
    }

    /// <summary>All files below a folder, with paths relative to it.</summary>
    public async Task<IReadOnlyList<ArtifactEntry>> ListFilesAsync(string folder, CancellationToken cancellation = default)
    {
        CheckPath(folder);
        var found = new List<ArtifactEntry>();
        await foreach (var item in _objects.ListAsync(folder, cancellationToken: cancellation))
        {
            found.Add(new ArtifactEntry(item.Path[(folder.Length + 1)..], false, item.Size));
        }

        return found;
    }

    /// <summary>Removes a file, or a folder with all that is in it; what is not there is no error.</summary>
    /// <returns>How many files were removed.</returns>
    public async Task<int> DeleteAsync(string path, CancellationToken cancellation = default)
    {
        CheckPath(path);
        var removed = 0;
        if (await _objects.HeadAsync(path, cancellation) is not null)
        {
            await _objects.DeleteAsync(path, cancellation);
            removed++;
        }

        foreach (var file in await ListFilesAsync(path, cancellation))
        {
            await _objects.DeleteAsync($"{path}/{file.Path}", cancellation);
            removed++;
        }

        return removed;
    }

    /// <summary>The folder here of a run's artifacts.</summary>
    /// <exception cref="TarnException">They are kept elsewhere.</exception>
    public static string FolderOf(TrainingRun run) => ArtifactUris.PathOf(run.ArtifactLocation) is { } path ? path
        : throw new TarnException(ErrorKind.Unsupported, "The run's experiment keeps its artifacts elsewhere, and this server does not reach them.", run.ArtifactLocation, "Ask for them where they are.");

    internal ObjectStore Objects => _objects;

    internal static void CheckPath(string path)
    {
        if (path.Length is 0 or > 900 || path.AsSpan().ContainsAnyInRange('\0', '\u001f') || path.Contains('\\', StringComparison.Ordinal) || path.Split('/').Any(static p => p is "" or "." or ".."))
        {
            throw TarnException.InvalidInput(
                "An artifact's path is relative: parts divided by '/', none of them empty, '.' or '..', without backslashes and control characters, 900 characters at most.", TrackingRules.Short(path));
        }
    }
}
