using Tarn.Contracts;

namespace Tarn.Lake.Tests;

/// <summary>A faulty store without faults keeps the contract: what tests do with it is the faults' doing alone.</summary>
public sealed class FaultyObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override ObjectStore Open() => new FaultyObjectStore(new LocalObjectStore(_folder.Path), static _ => Fault.None);
}
