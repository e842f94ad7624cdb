using Tarn.Core;
using Tarn.Registry;

namespace Tarn.Serving;

/// <summary>The registered models that have a <c>model.onnx</c>, with their aliases. Changes of the registry are heard of at once, also those of other processes.</summary>
public sealed class RegistryModelSource : ModelSource
{
    private readonly ModelRegistry _registry;
    private readonly IDisposable _listening;

    /// <summary>A source of the registry's models.</summary>
    public RegistryModelSource(ModelRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        _registry = registry;
        _listening = registry.Models.Listen(_ => OnChanged());
    }

    /// <inheritdoc/>
    public override string Name => "registry";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<SourcedModel>> ListAsync(CancellationToken cancellation)
    {
        var models = new List<SourcedModel>();
        var search = new ModelSearch { Limit = 500 };
        while (true)
        {
            var page = await _registry.Models.SearchAsync(search, cancellation).ConfigureAwait(false);
            foreach (var model in page.Items)
            {
                var versions = (await _registry.Models.ListVersionsAsync(model.Name, cancellation).ConfigureAwait(false))
                    .Where(static v => v.Folder is not null && v.Files.Any(static f => f.Path == ModelVersion.ModelFileName))
                    .Select(static v => v.Version)
                    .Order()
                    .ToList();
                if (versions.Count > 0)
                {
                    models.Add(new SourcedModel(model.Name, versions, model.Aliases.Where(a => versions.Contains(a.Value)).ToDictionary(static a => a.Key, static a => a.Value, StringComparer.Ordinal))
                    {
                        DefaultVersions = VersionPolicy.Aliased,
                    });
                }
            }

            if (page.NextOffset is not { } next)
            {
                return models;
            }

            search = search with { Offset = next };
        }
    }

    internal override async Task<ModelFiles> OpenAsync(string model, long version, CancellationToken cancellation)
    {
        var found = await _registry.Models.GetVersionAsync(model, version, cancellation).ConfigureAwait(false);
        var folder = found.Folder ?? throw TarnException.NotFound("A version that is served has its files in the registry.", $"{model} {version}");
        var path = _registry.Artifacts.LocalPath($"{folder}/{ModelVersion.ModelFileName}");
        return new ModelFiles
        {
            Path = path,
            Bytes = path is null ? await ReadAsync($"{folder}/{ModelVersion.ModelFileName}", cancellation).ConfigureAwait(false) : default,
            Signature = found.Files.Any(static f => f.Path == ModelVersion.SignatureFileName) ? await ReadAsync($"{folder}/{ModelVersion.SignatureFileName}", cancellation).ConfigureAwait(false) : default,
        };
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _listening.Dispose();
        base.Dispose(disposing);
    }

    private async Task<byte[]> ReadAsync(string path, CancellationToken cancellation)
    {
        var stream = await _registry.Artifacts.OpenAsync(path, cancellation).ConfigureAwait(false)
            ?? throw TarnException.Corrupt("A version's files are where the registry put them.", path, "Register the version again.");
        await using (stream.ConfigureAwait(false))
        {
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, cancellation).ConfigureAwait(false);
            return bytes.ToArray();
        }
    }
}
