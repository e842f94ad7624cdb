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
    internal const string Onnx = "onnxruntime";
    internal const string TurboJpeg = "turbojpeg";
    internal const string Vips = "vips-cpp";

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
    public static IReadOnlyList<NativeLibraryStatus> Check() => [DuckDbLibrary.Check(), OnnxLibrary.Check(), TurboJpegLibrary.Check(), VipsLibrary.Check()];

    /// <summary>The file's name on this platform: the one under which its vendor gives it out.</summary>
    internal static string FileName(string library) => FileNames(library)[0];

    /// <summary>The names under which the file is looked for in each folder, the vendor's own first.</summary>
    internal static string[] FileNames(string library)
    {
        if (OperatingSystem.IsWindows())
        {
            return [$"{library}.dll"];
        }

        return OperatingSystem.IsMacOS()
            ? library switch
            {
                Onnx => ["libonnxruntime.1.dylib", "libonnxruntime.dylib"],
                Vips => ["libvips-cpp.8.18.7.dylib", "libvips-cpp.dylib", "libvips.42.dylib"],
                _ => [$"lib{library}.dylib"],
            }
            : library switch
            {
                Onnx => ["libonnxruntime.so.1", "libonnxruntime.so"],
                TurboJpeg => ["libturbojpeg.so.0", "libturbojpeg.so"],
                Vips => ["libvips-cpp.so.8.18.7", "libvips-cpp.so", "libvips.so.42"],
                _ => [$"lib{library}.so"],
            };
    }

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
        var files = FileNames(library);
        string? problem = null;
        foreach (var path in Folders().SelectMany(folder => files.Select(file => Path.Combine(folder, file))).Where(File.Exists))
        {
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

        return new LoadedLibrary(0, null, problem ?? $"{files[0]} was not found in {string.Join(", ", Folders())}");
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
        static (name, _, _) => name is DuckDb or TurboJpeg or Vips ? Load(name).Handle : 0);

    internal readonly record struct LoadedLibrary(nint Handle, string? Path, string? Problem);
}
