using System.Runtime.InteropServices;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>Whether libvips is there, and its one start in the process.</summary>
internal static unsafe class VipsLibrary
{
    private const string Engine = "libvips";
    private const int SupportedMajor = 8;
    private const int SupportedMinor = 13;
    private const string Remedy =
        "Build from a checkout (the build runs `npm ci --ignore-scripts` in native/ and puts the library beside the program), or copy lib/libvips-cpp.* of the npm package " +
        "@img/sharp-libvips-<platform> of the version in native/package-lock.json beside the program, or name the folder of a libvips 8.13 or later in NativeLibraries.SearchPaths.";

    private static readonly Lock Gate = new();
    private static bool _started;
    private static volatile bool _usable;

    internal static NativeLibraryStatus Check() => Look() with { Consequence = "PNG, WebP and GIF images cannot be read without it, and no PNG written." };

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
            throw new TarnException(ErrorKind.Unavailable, "libvips is needed beside the program.", status.Problem, status.Remedy);
        }

        _usable = true;
    }

    private static NativeLibraryStatus Look()
    {
        lock (Gate)
        {
            var loaded = NativeLibraries.Load(NativeLibraries.Vips);
            if (loaded.Handle == 0)
            {
                return new NativeLibraryStatus(Engine, null, null, loaded.Problem, Remedy);
            }

            if (!NativeLibrary.TryGetExport(loaded.Handle, "vips_cache_operation_buildp", out _) || !NativeLibrary.TryGetExport(loaded.Handle, "g_object_set_property", out _))
            {
                return new NativeLibraryStatus(Engine, null, loaded.Path, $"{loaded.Path} is not libvips with its objects: it exports no vips_cache_operation_buildp and g_object_set_property", Remedy);
            }

            if (!_started)
            {
                // GLib writes its warnings to the standard error otherwise.
                _ = VipsApi.SetLog((nint)(delegate* unmanaged<nint, int, nint, nint, void>)&Ignore, 0);
                if (VipsApi.Init("tarn") != 0)
                {
                    return new NativeLibraryStatus(Engine, null, loaded.Path, $"{loaded.Path} does not start: {Vips.TakeError()}", Remedy);
                }

                // Images are decoded beside each other by our own threads, and none twice.
                VipsApi.SetConcurrency(1);
                VipsApi.SetCache(0);
                _started = true;
            }

            var (major, minor, patch) = (VipsApi.Version(0), VipsApi.Version(1), VipsApi.Version(2));
            var version = $"{major}.{minor}.{patch}";
            return major == SupportedMajor && minor >= SupportedMinor
                ? new NativeLibraryStatus(Engine, version, loaded.Path, null, null)
                : new NativeLibraryStatus(Engine, version, loaded.Path, $"{loaded.Path} is libvips {version}, and this program needs {SupportedMajor}.{SupportedMinor} or later of {SupportedMajor}.x", Remedy);
        }
    }

    [UnmanagedCallersOnly]
    private static void Ignore(nint domain, int level, nint message, nint state)
    {
    }
}
