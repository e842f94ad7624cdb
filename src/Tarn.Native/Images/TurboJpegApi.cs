using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tarn.Native;

/// <summary>The part of libjpeg-turbo's TurboJPEG 3 API that is called.</summary>
internal static unsafe partial class TurboJpegApi
{
    private const string Library = NativeLibraries.TurboJpeg;

    // TJINIT_*
    internal const int Compressor = 0;
    internal const int Decompressor = 1;

    // TJPARAM_*
    internal const int Quality = 3;
    internal const int Subsampling = 4;
    internal const int Width = 5;
    internal const int Height = 6;
    internal const int ColourSpace = 8;
    internal const int Progressive = 12;
    internal const int ScanLimit = 13;

    // TJPF_*
    internal const int Rgb = 0;
    internal const int Cmyk = 11;

    // TJCS_*, those with four components
    internal const int SpaceCmyk = 3;
    internal const int SpaceYcck = 4;

    // TJSAMP_*
    internal const int Samples444 = 0;
    internal const int Samples420 = 2;

    /// <summary>tjscalingfactor, passed by value.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Scale
    {
        internal int Numerator;
        internal int Denominator;
    }

    [LibraryImport(Library, EntryPoint = "tj3Init")]
    internal static partial TurboJpegHandle Init(int kind);

    [LibraryImport(Library, EntryPoint = "tj3Destroy")]
    internal static partial void Destroy(nint handle);

    [LibraryImport(Library, EntryPoint = "tj3Set")]
    internal static partial int Set(TurboJpegHandle handle, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "tj3Get")]
    internal static partial int Get(TurboJpegHandle handle, int parameter);

    [LibraryImport(Library, EntryPoint = "tj3GetErrorStr")]
    internal static partial nint ErrorText(TurboJpegHandle handle);

    /// <summary>TJERR: 0 a warning, 1 fatal.</summary>
    [LibraryImport(Library, EntryPoint = "tj3GetErrorCode")]
    internal static partial int ErrorCode(TurboJpegHandle handle);

    [LibraryImport(Library, EntryPoint = "tj3DecompressHeader")]
    internal static partial int ReadHeader(TurboJpegHandle handle, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "tj3SetScalingFactor")]
    internal static partial int SetScale(TurboJpegHandle handle, Scale scale);

    [LibraryImport(Library, EntryPoint = "tj3Decompress8")]
    internal static partial int Decompress(TurboJpegHandle handle, byte* data, nuint length, byte* pixels, int pitch, int format);

    [LibraryImport(Library, EntryPoint = "tj3Compress8")]
    internal static partial int Compress(TurboJpegHandle handle, byte* pixels, int width, int pitch, int height, int format, byte** data, nuint* length);

    [LibraryImport(Library, EntryPoint = "tj3Free")]
    internal static partial void Free(byte* data);
}

internal sealed class TurboJpegHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        TurboJpegApi.Destroy(handle);
        return true;
    }
}
