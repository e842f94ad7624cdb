using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>Whether libjpeg-turbo's library is there. Without it JPEGs are read and written by libvips.</summary>
internal static class TurboJpegLibrary
{
    private const string Engine = "libjpeg-turbo";
    private const string Remedy =
        "Build from a checkout on Linux (the build runs `npm ci --ignore-scripts` in native/ and puts the library beside the program), " +
        "or copy prebuilds/jpeg-turbo-<platform>/libturbojpeg.so.0 of the npm package @julusian/jpeg-turbo of the version in native/package-lock.json beside the program.";

    private static readonly Lazy<bool> Usable = new(static () => Check().IsUsable);

    /// <summary>Whether it can be used; asked once.</summary>
    internal static bool IsUsable => Usable.Value;

    internal static NativeLibraryStatus Check() => Look() with { Consequence = "JPEGs are read and written by libvips, at about a third of the speed.", HasSubstitute = true };

    private static NativeLibraryStatus Look()
    {
        var loaded = NativeLibraries.Load(NativeLibraries.TurboJpeg);
        if (loaded.Handle == 0)
        {
            return new NativeLibraryStatus(Engine, null, null, loaded.Problem, Remedy);
        }

        // Functions of version 3 have names of their own; the library tells no version.
        return NativeLibrary.TryGetExport(loaded.Handle, "tj3Decompress8", out _)
            ? new NativeLibraryStatus(Engine, NativeLibrary.TryGetExport(loaded.Handle, "tj3GetICCProfile", out _) ? "3.1" : "3.0", loaded.Path, null, null)
            : new NativeLibraryStatus(Engine, null, loaded.Path, $"{loaded.Path} is not libjpeg-turbo 3: it exports no tj3Decompress8", Remedy);
    }
}
