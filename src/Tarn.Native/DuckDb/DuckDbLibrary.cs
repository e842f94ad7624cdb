using System.Runtime.InteropServices;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>Whether DuckDB's library is there, and of the version line that this binding was written for.</summary>
internal static class DuckDbLibrary
{
    /// <summary>The C API is stable within a minor version: struct layouts and enumerations were read from 1.5's.</summary>
    private const string SupportedVersion = "v1.5.";

    private const string Remedy =
        "Build from a checkout (the build runs `npm ci --ignore-scripts` in native/ and puts the library beside the program), " +
        "or copy the file of the npm package @duckdb/node-bindings-<platform> of the version in native/package-lock.json beside the program.";

    private static volatile bool _usable;

    internal static NativeLibraryStatus Check() => Look() with { Consequence = "Tables cannot be written or asked without it." };

    private static NativeLibraryStatus Look()
    {
        var loaded = NativeLibraries.Load(NativeLibraries.DuckDb);
        if (loaded.Handle == 0)
        {
            return new NativeLibraryStatus("DuckDB", null, null, loaded.Problem, Remedy);
        }

        if (!NativeLibrary.TryGetExport(loaded.Handle, "duckdb_library_version", out _))
        {
            return new NativeLibraryStatus("DuckDB", null, loaded.Path, $"{loaded.Path} is not DuckDB's library: it exports no duckdb_library_version", Remedy);
        }

        var version = Marshal.PtrToStringUTF8(DuckDbApi.LibraryVersion()) ?? "unknown";
        return version.StartsWith(SupportedVersion, StringComparison.Ordinal)
            ? new NativeLibraryStatus("DuckDB", version, loaded.Path, null, null)
            : new NativeLibraryStatus("DuckDB", version, loaded.Path, $"{loaded.Path} is DuckDB {version}, and this program needs {SupportedVersion}x", Remedy);
    }

    /// <summary>Throws where the library cannot be used.</summary>
    internal static void Require()
    {
        if (_usable)
        {
            return;
        }

        var status = Check();
        if (!status.IsUsable)
        {
            throw new TarnException(ErrorKind.Unavailable, "DuckDB's library is needed beside the program.", status.Problem, status.Remedy);
        }

        _usable = true;
    }
}
