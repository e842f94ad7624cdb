using Tarn.Core;
using Tarn.Registry;
using Tarn.Training;

namespace Tarn;

/// <summary>Image models that were asked lately, loaded. A version's files never change, so that one that is loaded stays right.</summary>
internal sealed class LoadedModels(ModelRegistry registry)
{
    private const int Most = 4;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly LinkedList<(string Model, long Version, ImageClassifier Classifier)> _loaded = new();

    /// <summary>The version that a request means: by number, else by alias, else the champion.</summary>
    public async Task<ModelVersion> FindAsync(string model, long? version, string? alias, CancellationToken cancellation)
    {
        if (version is not null && !string.IsNullOrEmpty(alias))
        {
            throw TarnException.InvalidInput("A version is named by its number or by an alias.", $"{version} and {alias}", "Give one of both.");
        }

        if (version is { } number)
        {
            return await registry.Models.GetVersionAsync(model, number, cancellation);
        }

        var name = string.IsNullOrEmpty(alias) ? RegisteredModels.Champion : alias;
        return await registry.Models.FindByAliasAsync(model, name, cancellation)
            ?? throw TarnException.NotFound($"The model {model} has no version that is {name}.", name, $"Name one by --version, or give it the alias: `tarn models promote {model} VERSION --alias {name}`.");
    }

    /// <summary>The model of a version, loaded. Those that were not asked for longest are let go of; who still uses one keeps it.</summary>
    public async Task<ImageClassifier> LoadAsync(ModelVersion version, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            var folder = version.Folder ?? version.Source;
            for (var node = _loaded.First; node is not null; node = node.Next)
            {
                if (node.Value.Model == folder && node.Value.Version == version.Version)
                {
                    _loaded.Remove(node);
                    _loaded.AddFirst(node);
                    return node.Value.Classifier;
                }
            }

            var classifier = await registry.LoadClassifierAsync(version, cancellation, threads: 1);
            _loaded.AddFirst((folder, version.Version, classifier));
            if (_loaded.Count > Most)
            {
                _loaded.RemoveLast();
            }

            return classifier;
        }
        finally
        {
            _gate.Release();
        }
    }
}
