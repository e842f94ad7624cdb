using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>
/// Where the native engines' libraries are looked for, and whether they are there. Order: the folders of
/// <see cref="SearchPaths"/>, the program's own folder, then <c>runtimes/&lt;rid&gt;/native</c> beside it.
/// </summary>
public static class NativeLibraries
{
    internal const string DuckDb = "duckdb";

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, LoadedLibrary> Loaded = [];
    private static IReadOnlyList<string> _searchPaths = [];

    /// <summary>Folders to look in before all others. Set them before the first use of an engine; later changes do not move a loaded library.</summary>
    public static IReadOnlyList<string> SearchPaths
    {
        get => _searchPaths;
        set => _searchPaths = [.. value];
    }

    /// <summary>Looks at every engine's library: loads it where it can, and says what is wrong where it cannot. Never throws.</summary>
    public static IReadOnlyList<NativeLibraryStatus> Check() => [DuckDbLibrary.Check()];

    /// <summary>The file's name on this platform.</summary>
    internal static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    /// <summary>Loads the library, or finds why not; the outcome of a success is kept, a failure is tried again.</summary>
    internal static LoadedLibrary Load(string library)
    {
        lock (Gate)
        {
            if (!Loaded.TryGetValue(library, out var loaded))
            {
                loaded = TryLoad(library);
                if (loaded.Handle != 0)
                {
                    Loaded[library] = loaded;
                }
            }

            return loaded;
        }
    }

    private static LoadedLibrary TryLoad(string library)
    {
        var file = FileName(library);
        string? problem = null;
        foreach (var folder in Folders())
        {
            var path = Path.Combine(folder, file);
            if (!File.Exists(path))
            {
                continue;
            }

            try
            {
                problem = OperatingSystem.IsLinux() && ElfFile.Problem(path) is { } damage ? $"{path} is there but cannot be loaded: {damage}" : null;
                if (problem is not null)
                {
                    break;
                }

                return new LoadedLibrary(NativeLibrary.Load(path), path, null);
            }
            catch (Exception error) when (error is DllNotFoundException or BadImageFormatException or IOException or UnauthorizedAccessException)
            {
                problem = $"{path} is there but cannot be loaded: {error.Message.ReplaceLineEndings(" ")}";
                break;
            }
        }

        return new LoadedLibrary(0, null, problem ?? $"{file} was not found in {string.Join(", ", Folders())}");
    }

    private static IEnumerable<string> Folders()
    {
        var own = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        return [.. _searchPaths, own, Path.Combine(own, "runtimes", RuntimeInformation.RuntimeIdentifier, "native")];
    }

    // Imports with SuppressGCTransition bind when their caller is compiled, so the resolver must be there before any of our code is.
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "The resolver must be set before any method with an import is compiled.")]
    internal static void SetResolver() => NativeLibrary.SetDllImportResolver(
        Assembly.GetExecutingAssembly(),
        static (name, _, _) => name == DuckDb ? Load(name).Handle : 0);

    internal readonly record struct LoadedLibrary(nint Handle, string? Path, string? Problem);
}
