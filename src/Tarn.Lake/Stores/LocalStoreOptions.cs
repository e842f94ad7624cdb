namespace Tarn.Lake;

/// <summary>How a <see cref="LocalObjectStore"/> keeps its promises.</summary>
public sealed record LocalStoreOptions
{
    /// <summary>
    /// Whether a write waits until the disk has it (fsync of the file and of its folder). Default true: a commit that returned survives a power cut.
    /// With false it survives the end of the process but not that of the machine; for benches and for data that can be made again.
    /// </summary>
    public bool Durable { get; init; } = true;

    /// <summary>Whether the folder is made where it is missing; default true. Without it, a store that is not there is empty.</summary>
    public bool MakeFolder { get; init; } = true;
}
