using System.Runtime;

namespace Tarn;

/// <summary>
/// Remembers in the data directory which methods a start had compiled, so that at the next one the runtime compiles them on another core before they are called (its multicore JIT): most of a
/// start is the compiler's work, one method after the other. The runtime ignores a file that is missing, damaged or of another build, and writes it anew; on one core it does nothing.
/// </summary>
internal static class StartProfile
{
    /// <summary>The file, in the data directory's <c>cache</c>.</summary>
    public const string FileName = "start.jit";

    /// <summary>Begins: compiles ahead what the file names, and records what is compiled from now on for some seconds. Once in a process.</summary>
    /// <param name="data">The data directory, which this process holds.</param>
    public static void Begin(string data)
    {
        var folder = Path.Combine(data, "cache");
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Whoever needs the folder says so; a start does not need to be a fast one.
            return;
        }

        ProfileOptimization.SetProfileRoot(folder);
        ProfileOptimization.StartProfile(FileName);
    }
}
