using Tarn.Core;

namespace Tarn.Native;

/// <summary>What is wrong with an image, in words that help.</summary>
internal static class ImageErrors
{
    private static readonly (byte[] Start, int At, string Kind)[] Others =
    [
        ("<!DOCTYPE"u8.ToArray(), 0, "a web page"),
        ("<html"u8.ToArray(), 0, "a web page"),
        ("<svg"u8.ToArray(), 0, "an SVG drawing"),
        ("<?xml"u8.ToArray(), 0, "XML, perhaps an SVG drawing"),
        ("%PDF"u8.ToArray(), 0, "a PDF document"),
        ("BM"u8.ToArray(), 0, "a BMP image"),
        ([0x49, 0x49, 0x2A, 0x00], 0, "a TIFF image"),
        ([0x4D, 0x4D, 0x00, 0x2A], 0, "a TIFF image"),
        ("ftypheic"u8.ToArray(), 4, "a HEIC image"),
        ("ftypavif"u8.ToArray(), 4, "an AVIF image"),
        ("PK\u0003\u0004"u8.ToArray(), 0, "a ZIP archive"),
        ([0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50], 0, "a JPEG 2000 image"),
        ("version https://git-lfs"u8.ToArray(), 0, "a pointer of Git LFS in place of the file"),
    ];

    internal static TarnException Empty() =>
        TarnException.InvalidInput("An image has bytes.", "0 bytes", "The file is empty: get it again.");

    internal static TarnException Unknown(ReadOnlySpan<byte> data)
    {
        foreach (var (start, at, kind) in Others)
        {
            if (data.Length > at && data[at..].StartsWith(start))
            {
                return TarnException.InvalidInput("An image is a JPEG, PNG, WebP or GIF.", $"by its content it is {kind}", "Convert it, or get the image itself.");
            }
        }

        return TarnException.InvalidInput("An image is a JPEG, PNG, WebP or GIF.", $"it begins with the bytes {Convert.ToHexString(data[..Math.Min(data.Length, 8)])}", "Convert it to one of these.");
    }

    /// <summary>The format as people write it.</summary>
    private static string NameOf(ImageFormat format) => format == ImageFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant();

    internal static TarnException Truncated(ImageFormat format, string detail) =>
        TarnException.InvalidInput($"A {NameOf(format)} must be whole.", detail, "The file was cut short: get it again.");

    internal static TarnException Damaged(ImageFormat format, string detail) =>
        TarnException.InvalidInput($"A {NameOf(format)} must be readable.", detail, "The file is damaged: get it again, or save it anew with another program.");

    internal static TarnException Unsupported(ImageFormat format, string detail) =>
        new(ErrorKind.Unsupported, $"A {NameOf(format)} must be of a kind that is read here.", detail, "Save it anew as a common one: 8 bits a channel, baseline or progressive.");
}
