namespace Tarn.Contracts;

/// <summary>A folder of a test's own, removed with everything in it when the test is over.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Makes the folder.</summary>
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("tarn-test-").FullName;

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>The full path of something in it.</summary>
    public string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
