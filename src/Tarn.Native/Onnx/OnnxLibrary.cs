using System.Runtime.InteropServices;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>Whether ONNX Runtime's library is there and speaks the version of the C API that this binding was written for; and its table of functions.</summary>
internal static unsafe class OnnxLibrary
{
    /// <summary>A library gives the table of each version up to its own: later ones only add to its end.</summary>
    private const uint ApiVersion = 24;

    private const string Engine = "ONNX Runtime";
    private const string Remedy =
        "Build from a checkout (the build runs `npm ci --ignore-scripts` in native/ and puts the library beside the program), " +
        "or copy the file for this platform (linux-x64, linux-arm64, osx-arm64, win-x64 or win-arm64) of the npm package onnxruntime-node " +
        "of the version in native/package-lock.json beside the program.";

    private static readonly Lock Gate = new();
    private static volatile nint _table;
    private static string _version = "";

    /// <summary>The table, once it was asked for and found.</summary>
    internal static nint* Table => (nint*)_table;

    /// <summary>What the library says its version is.</summary>
    internal static string Version
    {
        get
        {
            Require();
            return _version;
        }
    }

    internal static NativeLibraryStatus Check() => Look() with { Consequence = "Models cannot be trained, loaded or served without it." };

    /// <summary>Throws where the library cannot be used.</summary>
    internal static void Require()
    {
        if (_table != 0)
        {
            return;
        }

        var status = Check();
        if (!status.IsUsable)
        {
            throw new TarnException(ErrorKind.Unavailable, "ONNX Runtime's library is needed beside the program.", status.Problem, status.Remedy);
        }
    }

    private static NativeLibraryStatus Look()
    {
        lock (Gate)
        {
            var loaded = NativeLibraries.Load(NativeLibraries.Onnx);
            if (loaded.Handle == 0)
            {
                return new NativeLibraryStatus(Engine, null, null, loaded.Problem, Remedy);
            }

            if (!NativeLibrary.TryGetExport(loaded.Handle, "OrtGetApiBase", out var entry))
            {
                return new NativeLibraryStatus(Engine, null, loaded.Path, $"{loaded.Path} is not ONNX Runtime's library: it exports no OrtGetApiBase", Remedy);
            }

            // OrtApiBase: GetApi(version), GetVersionString(). A version that the library lacks would be reported on its standard error, so the text is asked first.
            var functions = (nint*)((delegate* unmanaged<nint>)entry)();
            var version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)functions[1])()) ?? "unknown";
            if (!System.Version.TryParse(version, out var parsed) || parsed.Major != 1 || parsed.Minor < ApiVersion)
            {
                return new NativeLibraryStatus(Engine, version, loaded.Path, $"{loaded.Path} is ONNX Runtime {version}, and this program needs 1.{ApiVersion} or later of 1.x", Remedy);
            }

            var table = ((delegate* unmanaged<uint, nint>)functions[0])(ApiVersion);
            if (table == 0)
            {
                return new NativeLibraryStatus(Engine, version, loaded.Path, $"{loaded.Path} does not give version {ApiVersion} of its C API", Remedy);
            }

            _version = version;
            _table = table;
            return new NativeLibraryStatus(Engine, version, loaded.Path, null, null);
        }
    }
}
