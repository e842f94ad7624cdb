using System.Globalization;
using Tarn.Core;
using Xunit;

namespace Tarn.Native.Tests;

/// <summary>Bad images: each is refused in words, none is decoded, and nothing large is allocated for what a header claims.</summary>
public sealed class ImageDamageTests
{
    private static readonly RgbImage Picture = TestPictures.Smooth(200, 150);

    public static TheoryData<string> Formats => ["jpeg", "progressive", "cmyk", "png", "webp", "lossless", "gif"];

    [Theory]
    [InlineData("empty", "0 bytes")]
    [InlineData("page", "a web page")]
    [InlineData("pdf", "a PDF document")]
    [InlineData("heic", "a HEIC image")]
    [InlineData("lfs", "Git LFS")]
    [InlineData("random", "begins with the bytes 0102030405060708")]
    [InlineData("start", "before its size is told")]
    public void What_is_no_image_is_named(string what, string expected)
    {
        byte[] bytes = what switch
        {
            "empty" => [],
            "page" => [.. "<!DOCTYPE html><html></html>"u8],
            "pdf" => [.. "%PDF-1.7"u8],
            "heic" => [0, 0, 0, 24, .. "ftypheic"u8],
            "lfs" => [.. "version https://git-lfs.github.com/spec/v1"u8],
            "random" => [1, 2, 3, 4, 5, 6, 7, 8, 9],
            _ => [0xFF, 0xD8, 0xFF],
        };
        Assert.Contains(expected, Refused(bytes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_megapixels_are_refused_by_their_header_alone()
    {
        var jpeg = TestPictures.WithSize(TurboJpeg.Encode(Picture, 90), 12_000, 9_000);
        var png = TestPictures.Png(100_000, 100_000, 8, 2, new byte[100]);
        foreach (var bytes in new[] { jpeg, png })
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var error = Refused(bytes);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
            Assert.Contains("An image has at most 50000000 pixels.", error.Message, StringComparison.Ordinal);
            Assert.Contains("MaxPixels", error.Message, StringComparison.Ordinal);
        }

        Assert.Contains("12000 × 9000 = 108000000 pixels", Refused(jpeg).Message, StringComparison.Ordinal);
        Assert.Equal(12_000, ImageCodec.Identify(jpeg, new ImageLimits { MaxPixels = 200_000_000 }).Width);
    }

    [Fact]
    public void A_file_is_refused_by_its_length_before_it_is_read()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, ImageCodec.EncodePng(Picture));
            Assert.Equal(200, ImageCodec.Decode(ImageCodec.ReadFile(path)).Width);
            using (var file = File.OpenWrite(path))
            {
                file.SetLength(40 << 20);
            }

            var error = Assert.Throws<TarnException>(() => ImageCodec.ReadFile(path));
            Assert.Contains("at most 33554432 bytes", error.Message, StringComparison.Ordinal);
            Assert.Equal(ErrorKind.NotFound, Assert.Throws<TarnException>(() => ImageCodec.ReadFile(path + ".no")).Kind);
            Assert.Throws<TarnException>(() => ImageCodec.Decode(new byte[11], new ImageDecodeOptions { Limits = new ImageLimits { MaxBytes = 10 } }));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void What_was_cut_short_is_refused_wherever_it_was_cut(string format)
    {
        var whole = Encode(format);
        _ = ImageCodec.Decode(whole);
        for (var part = 1; part < 40; part++)
        {
            _ = Refused(whole[..(whole.Length * part / 40)]);
        }
    }

    [Fact]
    public void Damage_may_be_allowed()
    {
        var cut = Encode("jpeg")[..2000];
        var image = ImageCodec.Decode(cut, new ImageDecodeOptions { AllowDamaged = true });
        Assert.Equal((200, 150), (image.Width, image.Height));
        Assert.Contains("whole", Refused(cut).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Damaged_bytes_give_an_image_or_an_error_and_nothing_else(string format)
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("TARN_FUZZ") ?? "150", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("TARN_SEED") ?? "20", CultureInfo.InvariantCulture);
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}, {count} rounds");
        var random = new Random(seed);
        var whole = Encode(format);
        var (read, refused) = (0, 0);
        for (var round = 0; round < count; round++)
        {
            var bytes = (byte[])whole.Clone();
            for (var hit = random.Next(1, 12); hit > 0; hit--)
            {
                // Half of the hits fall on the header.
                bytes[random.Next(random.Next(2) == 0 ? Math.Min(100, bytes.Length) : bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var image = ImageCodec.Decode(bytes, new ImageDecodeOptions { Limits = new ImageLimits { MaxPixels = 4_000_000 }, AllowDamaged = random.Next(2) == 0 });
                Assert.Equal(image.Pixels.Length, image.Width * image.Height * 3);
                read++;
            }
            catch (TarnException error)
            {
                Assert.NotNull(error.Value);
                refused++;
            }
        }

        Assert.True(refused > 0, $"{read} read, none refused");
        Assert.Equal(200, ImageCodec.Decode(whole).Width);
    }

    [Fact]
    public void A_jpeg_of_too_many_passes_is_refused()
    {
        // The first scan of a progressive JPEG, again and again.
        var bytes = Encode("progressive");
        var scan = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        var next = scan + 2 + bytes.AsSpan(scan + 2).IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC4]);
        var many = bytes[..scan].Concat(Enumerable.Repeat(bytes[scan..next], 3000).SelectMany(static b => b)).Concat(bytes[scan..]).ToArray();
        Assert.Contains("scans", Refused(many).Message, StringComparison.Ordinal);
    }

    private static TarnException Refused(byte[] bytes)
    {
        var error = Assert.Throws<TarnException>(() => ImageCodec.Decode(bytes));
        Assert.True(error.Kind is ErrorKind.InvalidInput or ErrorKind.Unsupported, error.ToString());
        return error;
    }

    private static byte[] Encode(string format) => format switch
    {
        "jpeg" => TurboJpeg.Encode(Picture, 90),
        "progressive" => TurboJpeg.Encode(Picture, 90, progressive: true),
        "cmyk" => TurboJpeg.EncodeCmyk(TestPictures.Noise(200, 200, 3).Pixels.Span, 200, 150, ycck: true),
        "png" => ImageCodec.EncodePng(Picture),
        "webp" => Vips.Encode(Picture, ImageFormat.WebP),
        "lossless" => Vips.Encode(Picture, ImageFormat.WebP, ("lossless", "true")),
        _ => Vips.Encode(Picture, ImageFormat.Gif),
    };
}
