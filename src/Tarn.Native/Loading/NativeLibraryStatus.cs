namespace Tarn.Native;

/// <summary>What is known of one engine's library.</summary>
/// <param name="Name">The engine: <c>DuckDB</c>, <c>ONNX Runtime</c>, <c>libjpeg-turbo</c> or <c>libvips</c>.</param>
/// <param name="Version">The version that the library reports, or null where it could not be loaded.</param>
/// <param name="Path">The file that was loaded, or null.</param>
/// <param name="Problem">What is wrong, or null where it can be used.</param>
/// <param name="Remedy">How to mend it, or null where nothing is wrong.</param>
public sealed record NativeLibraryStatus(string Name, string? Version, string? Path, string? Problem, string? Remedy)
{
    /// <summary>Whether the engine can be used.</summary>
    public bool IsUsable => Problem is null;

    /// <summary>What cannot be done without the engine, as a sentence.</summary>
    public string Consequence { get; init; } = "";

    /// <summary>Whether another engine does its work where it is missing.</summary>
    public bool HasSubstitute { get; init; }
}
