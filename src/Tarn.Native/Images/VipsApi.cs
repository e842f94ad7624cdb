using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>The part of libvips' C API, and of GLib's objects beneath it, that is called. None of the functions takes a variable number of arguments.</summary>
internal static unsafe partial class VipsApi
{
    private const string Library = NativeLibraries.Vips;

    // VipsBandFormat
    internal const int UChar = 0;
    internal const int UShort = 2;

    // VipsInterpretation
    internal const int Cmyk = 15;
    internal const int Srgb = 22;

    /// <summary>GValue: a type and two words.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Value
    {
        internal nuint Type;
        internal ulong First;
        internal ulong Second;
    }

    [LibraryImport(Library, EntryPoint = "vips_init", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Init(string program);

    [LibraryImport(Library, EntryPoint = "vips_version")]
    internal static partial int Version(int part);

    [LibraryImport(Library, EntryPoint = "vips_concurrency_set")]
    internal static partial void SetConcurrency(int threads);

    [LibraryImport(Library, EntryPoint = "vips_cache_set_max")]
    internal static partial void SetCache(int operations);

    [LibraryImport(Library, EntryPoint = "g_log_set_default_handler")]
    internal static partial nint SetLog(nint handler, nint state);

    [LibraryImport(Library, EntryPoint = "vips_error_buffer_copy")]
    internal static partial nint TakeError();

    [LibraryImport(Library, EntryPoint = "g_free")]
    internal static partial void Free(nint memory);

    [LibraryImport(Library, EntryPoint = "vips_operation_new", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint NewOperation(string name);

    [LibraryImport(Library, EntryPoint = "vips_object_set_argument_from_string", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetArgument(nint operation, string name, string value);

    [LibraryImport(Library, EntryPoint = "vips_cache_operation_buildp")]
    internal static partial int Build(ref nint operation);

    [LibraryImport(Library, EntryPoint = "vips_object_unref_outputs")]
    internal static partial void ReleaseOutputs(nint operation);

    [LibraryImport(Library, EntryPoint = "g_object_unref")]
    internal static partial void Release(nint value);

    [LibraryImport(Library, EntryPoint = "g_object_set_property", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void SetProperty(nint target, string name, ref Value value);

    [LibraryImport(Library, EntryPoint = "g_object_get_property", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void GetProperty(nint target, string name, ref Value value);

    [LibraryImport(Library, EntryPoint = "g_value_init")]
    internal static partial nint InitValue(ref Value value, nuint type);

    [LibraryImport(Library, EntryPoint = "g_value_unset")]
    internal static partial void UnsetValue(ref Value value);

    [LibraryImport(Library, EntryPoint = "g_value_set_boxed")]
    internal static partial void SetBoxed(ref Value value, nint boxed);

    [LibraryImport(Library, EntryPoint = "g_value_get_boxed")]
    internal static partial nint GetBoxed(ref Value value);

    [LibraryImport(Library, EntryPoint = "g_value_set_object")]
    internal static partial void SetObject(ref Value value, nint target);

    [LibraryImport(Library, EntryPoint = "g_value_get_object")]
    internal static partial nint GetObject(ref Value value);

    [LibraryImport(Library, EntryPoint = "vips_blob_get_type")]
    internal static partial nuint BlobType();

    [LibraryImport(Library, EntryPoint = "vips_image_get_type")]
    internal static partial nuint ImageType();

    [LibraryImport(Library, EntryPoint = "vips_blob_new")]
    internal static partial nint NewBlob(nint free, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "vips_blob_get")]
    internal static partial byte* BlobData(nint blob, out nuint length);

    [LibraryImport(Library, EntryPoint = "vips_area_unref")]
    internal static partial void ReleaseBlob(nint blob);

    [LibraryImport(Library, EntryPoint = "vips_image_new_from_memory")]
    internal static partial nint NewImage(byte* pixels, nuint length, int width, int height, int bands, int format);

    [LibraryImport(Library, EntryPoint = "vips_image_write_to_memory")]
    internal static partial byte* Pixels(nint image, out nuint length);

    [LibraryImport(Library, EntryPoint = "vips_image_get_width")]
    internal static partial int Width(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_height")]
    internal static partial int Height(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_bands")]
    internal static partial int Bands(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_format")]
    internal static partial int Format(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_interpretation")]
    internal static partial int Interpretation(nint image);
}
