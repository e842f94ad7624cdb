namespace Tarn.Serving.Tests;

/// <summary>One model, <c>half</c>, whose versions and aliases a test sets, and whose list and files it can hold back.</summary>
internal sealed class ScriptedModelSource : ModelSource
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, byte[]> _versions = [];
    private readonly Dictionary<string, long> _aliases = new(StringComparer.Ordinal);

    public override string Name => "script";

    /// <summary>What a look at the list waits for.</summary>
    public Task Listing { get; set; } = Task.CompletedTask;

    /// <summary>What a look at a version's files waits for.</summary>
    public Task Opening { get; set; } = Task.CompletedTask;

    /// <summary>Sets a version's bytes, or an alias, or both, and tells of it.</summary>
    public void Set(long version, byte[]? onnx = null, string? alias = null)
    {
        lock (_gate)
        {
            if (onnx is not null)
            {
                _versions[version] = onnx;
            }

            if (alias is not null)
            {
                _aliases[alias] = version;
            }
        }

        OnChanged();
    }

    public override async Task<IReadOnlyList<SourcedModel>> ListAsync(CancellationToken cancellation)
    {
        await Listing.WaitAsync(cancellation);
        lock (_gate)
        {
            return _versions.Count == 0 ? [] : [new SourcedModel("half", [.. _versions.Keys.Order()], new Dictionary<string, long>(_aliases, StringComparer.Ordinal)) { DefaultVersions = VersionPolicy.Aliased }];
        }
    }

    internal override async Task<ModelFiles> OpenAsync(string model, long version, CancellationToken cancellation)
    {
        await Opening.WaitAsync(cancellation);
        lock (_gate)
        {
            return new ModelFiles { Bytes = _versions[version] };
        }
    }
}
