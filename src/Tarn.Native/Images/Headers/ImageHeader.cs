namespace Tarn.Native;

/// <summary>Reads what an image's header says from its bytes alone: nothing is decoded, and nothing allocated by what the bytes claim.</summary>
internal static class ImageHeader
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    internal static ImageInfo Read(ReadOnlySpan<byte> data) => data switch
    {
        [] => throw ImageErrors.Empty(),
        [0xFF, 0xD8, 0xFF, ..] or [0xFF, 0xD8] or [0xFF] => JpegHeader.Read(data).Info,
        _ when data.StartsWith(PngSignature) => PngHeader.Read(data),
        _ when data.StartsWith("GIF87a"u8) || data.StartsWith("GIF89a"u8) => GifHeader.Read(data),
        _ when data.StartsWith("RIFF"u8) && data.Length >= 12 && data[8..].StartsWith("WEBP"u8) => WebPHeader.Read(data),
        _ when data.Length < 8 && PngSignature.StartsWith(data) => throw ImageErrors.Truncated(ImageFormat.Png, $"{data.Length} bytes"),
        _ => throw ImageErrors.Unknown(data),
    };
}
