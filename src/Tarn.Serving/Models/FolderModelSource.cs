using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// Models in a folder, as TensorFlow Serving and Triton know it: <c>NAME/NUMBER/model.onnx</c>, beside it <c>signature.json</c> or <c>labels.txt</c> where there are any. A file
/// <c>NAME/model.json</c> holds <see cref="ModelOptions"/>, and <c>NAME/aliases.json</c> versions by alias (<c>{"stable": 3}</c>). Changes are noticed by the file system's events, and by a look every few seconds
/// where those do not arrive. A version is whole once its <c>model.onnx</c> is there: write it under another name first, or move the version's folder into place.
/// </summary>
public sealed class FolderModelSource : ModelSource
{
    private const string ModelFile = "model.onnx";

    private readonly string _folder;
    private readonly FileSystemWatcher? _watcher;

    /// <summary>A source of a folder's models.</summary>
    /// <param name="folder">The folder's full path; it must exist.</param>
    /// <param name="period">How often it is looked at; default 2 s.</param>
    /// <exception cref="TarnException">There is no such folder.</exception>
    public FolderModelSource(string folder, TimeSpan? period = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
        {
            throw TarnException.NotFound("The folder of models exists.", folder, "Make it, or set Serving:Folder to the folder that is meant.");
        }

        _folder = folder;
        Period = period ?? TimeSpan.FromSeconds(2);
        _watcher = Watch(folder);
    }

    /// <inheritdoc/>
    public override string Name => _folder;

    /// <inheritdoc/>
    public override TimeSpan? Period { get; }

    /// <inheritdoc/>
    public override Task<IReadOnlyList<SourcedModel>> ListAsync(CancellationToken cancellation)
    {
        var models = new List<SourcedModel>();
        foreach (var folder in Directory.EnumerateDirectories(_folder).Order(StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            if (Read(folder) is { } model)
            {
                models.Add(model);
            }
        }

        return Task.FromResult<IReadOnlyList<SourcedModel>>(models);
    }

    internal override async Task<ModelFiles> OpenAsync(string model, long version, CancellationToken cancellation)
    {
        var folder = VersionFolder(model, version);
        return new ModelFiles
        {
            Path = Path.Combine(folder, ModelFile),
            Signature = await ReadAsync(Path.Combine(folder, "signature.json"), cancellation).ConfigureAwait(false),
            LabelLines = await ReadAsync(Path.Combine(folder, "labels.txt"), cancellation).ConfigureAwait(false),
        };
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _watcher?.Dispose();
        base.Dispose(disposing);
    }

    private static SourcedModel? Read(string folder)
    {
        var name = Path.GetFileName(folder);
        List<long> versions;
        try
        {
            versions = [.. Versions(folder).Select(static v => v.Number).Distinct().Order()];
        }
        catch (DirectoryNotFoundException)
        {
            // It was removed after it was listed.
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Unreadable(name, [], error);
        }

        if (versions.Count == 0)
        {
            return null;
        }

        try
        {
            return new SourcedModel(name, versions, Aliases(folder)) { Options = Options(folder) };
        }
        catch (TarnException error)
        {
            return new SourcedModel(name, versions, new Dictionary<string, long>()) { Error = error };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Unreadable(name, versions, error);
        }
    }

    private static SourcedModel Unreadable(string name, IReadOnlyList<long> versions, Exception error) => new(name, versions, new Dictionary<string, long>())
    {
        Error = new TarnException(ErrorKind.Unavailable, "A model's folder, and model.json and aliases.json in it, can be read.", error.Message, "See that they are readable.", error),
    };

    private string VersionFolder(string model, long version)
    {
        var folder = Path.Combine(_folder, model);
        return (Directory.Exists(folder) ? Versions(folder).FirstOrDefault(v => v.Number == version).Folder : null)
            ?? throw TarnException.NotFound("A version's folder exists.", string.Create(CultureInfo.InvariantCulture, $"{model}/{version}"));
    }

    // Numbers may be written with zeros before them, as TensorFlow's exporters do.
    private static IEnumerable<(long Number, string Folder)> Versions(string folder)
    {
        foreach (var path in Directory.EnumerateDirectories(folder))
        {
            if (long.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && File.Exists(Path.Combine(path, ModelFile)))
            {
                yield return (number, path);
            }
        }
    }

    private static async Task<byte[]> ReadAsync(string path, CancellationToken cancellation) => File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false) : [];

    private static ModelOptions? Options(string folder)
    {
        var path = Path.Combine(folder, "model.json");
        return File.Exists(path) ? ModelOptionsJson.Read(File.ReadAllBytes(path), path) : null;
    }

    private static Dictionary<string, long> Aliases(string folder)
    {
        var path = Path.Combine(folder, "aliases.json");
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ServingJson.Default.DictionaryStringInt64) ?? [];
        }
        catch (JsonException error)
        {
            throw TarnException.InvalidInput("A model's aliases.json is an object of version numbers by alias.", $"{path}: {error.Message}", """As in {"stable": 3, "canary": 4}.""");
        }
    }

    private FileSystemWatcher? Watch(string folder)
    {
        var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true };
        try
        {
            watcher.Created += (_, _) => OnChanged();
            watcher.Deleted += (_, _) => OnChanged();
            watcher.Renamed += (_, _) => OnChanged();
            watcher.Changed += (_, _) => OnChanged();

            // Events were lost: anything may have changed.
            watcher.Error += (_, _) => OnChanged();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (IOException)
        {
            // The system has no more watches to give: the folder is looked at every few seconds anyway.
            watcher.Dispose();
            return null;
        }
    }
}
