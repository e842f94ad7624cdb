namespace Tarn.Contracts;

/// <summary>A folder of a test's own, removed with everything in it when the test is over.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    private const string Memory = "/dev/shm";

    /// <summary>Makes the folder.</summary>
    /// <param name="inMemory">
    /// Puts it on a file system in memory where there is one: for tests that commit thousands of times and are not about the disk.
    /// </param>
    public TemporaryDirectory(bool inMemory = false) => Path = inMemory && Directory.Exists(Memory)
        ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"tarn-test-{Guid.NewGuid():n}")).FullName
        : Directory.CreateTempSubdirectory("tarn-test-").FullName;

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
