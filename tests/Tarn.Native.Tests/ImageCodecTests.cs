using System.Buffers;
using Xunit;

namespace Tarn.Native.Tests;

public sealed class ImageCodecTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        var image = TestPictures.Smooth(61, 47);
        Assert.True(image.Pixels.Span.SequenceEqual(ImageCodec.Decode(ImageCodec.EncodePng(image)).Pixels.Span));
        Assert.True(image.Pixels.Span.SequenceEqual(ImageCodec.Decode(Vips.Encode(image, ImageFormat.WebP, ("lossless", "true"))).Pixels.Span));
        Assert.InRange(Difference(image, ImageCodec.Decode(ImageCodec.EncodeJpeg(image, 95))), 0, 2);
        Assert.InRange(Difference(image, ImageCodec.Decode(ImageCodec.EncodeJpeg(image))), 0, 4);
        Assert.InRange(Difference(image, ImageCodec.Decode(Vips.Encode(image, ImageFormat.WebP))), 0, 6);
        Assert.InRange(Difference(image, ImageCodec.Decode(Vips.Encode(image, ImageFormat.Gif))), 0, 12);
        Assert.True(ImageCodec.EncodeJpeg(image, 10).Length < ImageCodec.EncodeJpeg(image, 90).Length);
        Assert.Throws<Core.TarnException>(() => ImageCodec.EncodeJpeg(image, 0));
    }

    [Fact]
    public void A_header_tells_format_and_size_whatever_the_files_name()
    {
        var image = TestPictures.Smooth(61, 47);
        Assert.Equal(new ImageInfo(ImageFormat.Jpeg, 61, 47, 1, 1), ImageCodec.Identify(ImageCodec.EncodeJpeg(image)));
        Assert.Equal(new ImageInfo(ImageFormat.Png, 61, 47, 1, 1), ImageCodec.Identify(ImageCodec.EncodePng(image)));
        Assert.Equal(new ImageInfo(ImageFormat.WebP, 61, 47, 1, 1), ImageCodec.Identify(Vips.Encode(image, ImageFormat.WebP)));
        Assert.Equal(new ImageInfo(ImageFormat.WebP, 61, 47, 1, 1), ImageCodec.Identify(Vips.Encode(image, ImageFormat.WebP, ("lossless", "true"))));
        Assert.Equal(new ImageInfo(ImageFormat.Gif, 61, 47, 1, 1), ImageCodec.Identify(Vips.Encode(image, ImageFormat.Gif)));
        Assert.Equal(ImageFormat.Jpeg, ImageCodec.FormatOfName("a/b.JPeG"));
        Assert.Equal(ImageFormat.WebP, ImageCodec.FormatOfName("b.webp"));
        Assert.Null(ImageCodec.FormatOfName("b.txt"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Exif_says_how_to_turn_it(int orientation)
    {
        // What is to be seen: red on the left above, green on the right above, blue on the left below, white on the right below.
        var seen = new RgbImage(48, 32);
        for (var y = 0; y < 32; y++)
        {
            for (var x = 0; x < 48; x++)
            {
                byte[] colour = (x < 24, y < 16) switch { (true, true) => [255, 0, 0], (false, true) => [0, 255, 0], (true, false) => [0, 0, 255], _ => [255, 255, 255] };
                colour.CopyTo(seen.Pixels.Span[(((y * 48) + x) * 3)..]);
            }
        }

        var stored = Store(seen, orientation);
        foreach (var little in new[] { true, false })
        {
            var jpeg = TestPictures.WithOrientation(ImageCodec.EncodeJpeg(stored, 95), orientation, little);
            var info = ImageCodec.Identify(jpeg);
            Assert.Equal((orientation, 48, 32), (info.Orientation, info.SeenWidth, info.SeenHeight));
            var image = ImageCodec.Decode(jpeg);
            Assert.Equal((48, 32), (image.Width, image.Height));
            Assert.InRange(Difference(seen, image), 0, 4);
            var asStored = ImageCodec.Decode(jpeg, new ImageDecodeOptions { ApplyOrientation = false });
            Assert.Equal((stored.Width, stored.Height), (asStored.Width, asStored.Height));
            Assert.InRange(Difference(seen, ImageCodec.DecodeResized(jpeg, 48, 32)), 0, 4);
        }
    }

    [Fact]
    public void Exif_that_makes_no_sense_says_nothing()
    {
        var jpeg = ImageCodec.EncodeJpeg(TestPictures.Smooth(40, 20));
        foreach (var body in new byte[][]
        {
            [.. "Exif\0\0"u8],
            [.. "Exif\0\0II"u8, 42, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0],
            [.. "Exif\0\0II"u8, 42, 0, 8, 0, 0, 0, 0xFF, 0xFF, 0x13, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0],
            [.. "Exif\0\0II"u8, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 99, 0, 0, 0, 8, 0, 0, 0],
            [.. "Exif\0\0"u8, .. new byte[65_000]],
        })
        {
            Assert.Equal(1, ImageCodec.Identify(TestPictures.WithSegment(jpeg, 0xE1, body)).Orientation);
            Assert.Equal(40, ImageCodec.Decode(TestPictures.WithSegment(jpeg, 0xE1, body)).Width);
        }
    }

    [Fact]
    public void Jpegs_of_every_kind_are_read()
    {
        var image = TestPictures.Smooth(64, 48);
        var baseline = ImageCodec.Decode(TurboJpeg.Encode(image, 90));
        Assert.True(baseline.Pixels.Span.SequenceEqual(ImageCodec.Decode(TurboJpeg.Encode(image, 90, progressive: true)).Pixels.Span));

        var grey = Vips.Encode([.. Enumerable.Range(0, 64 * 48).Select(static i => (byte)(i % 64 * 4))], 64, 48, 1, ImageFormat.Jpeg, ("Q", "95"));
        var pixel = ImageCodec.Decode(grey)[32, 20];
        Assert.InRange(pixel.Red, 124, 132);
        Assert.True(pixel.Red == pixel.Green && pixel.Green == pixel.Blue);

        // Inverted ink: cyan 0 of 255 is all of it, so red is away.
        var inks = new byte[64 * 48 * 4];
        for (var i = 0; i < inks.Length; i += 4)
        {
            (inks[i], inks[i + 1], inks[i + 2], inks[i + 3]) = (0, 255, 255, 200);
        }

        foreach (var ycck in new[] { false, true })
        {
            var ink = ImageCodec.Decode(TurboJpeg.EncodeCmyk(inks, 64, 48, ycck))[30, 30];
            Assert.InRange(ink.Red, 0, 3);
            Assert.InRange(ink.Green, 196, 204);
            Assert.InRange(ink.Blue, 196, 204);
        }
    }

    [Fact]
    public void Pngs_of_every_kind_are_read_over_white()
    {
        byte[] alpha = [0, 255, 0, 0, 255, 255, 0, 0, 128, 0, 255, 0, 0, 0];
        var image = ImageCodec.Decode(TestPictures.Png(3, 1, 8, 6, [.. alpha[..13]]));
        Assert.Equal([(255, 0, 0), (255, 127, 127), (255, 255, 255)], Row(image));
        Assert.Equal([(255, 255, 255), (128, 128, 128)], Row(ImageCodec.Decode(TestPictures.Png(2, 1, 16, 0, [0, 0xFF, 0xFF, 0x80, 0x80]))));
        Assert.Equal([(255, 0, 128)], Row(ImageCodec.Decode(TestPictures.Png(1, 1, 16, 2, [0, 0xFF, 0xFF, 0, 0, 0x80, 0x80]))));
        Assert.Equal([(255, 255, 255), (0, 0, 0), (255, 255, 255)], Row(ImageCodec.Decode(TestPictures.Png(3, 1, 1, 0, [0, 0b1010_0000]))));
        Assert.Equal([(1, 2, 3), (4, 5, 6)], Row(ImageCodec.Decode(TestPictures.Png(2, 1, 8, 3, [0, 1, 0], ("PLTE", [4, 5, 6, 1, 2, 3])))));
        Assert.Equal([(205, 205, 205)], Row(ImageCodec.Decode(TestPictures.Png(1, 1, 8, 4, [0, 5, 51]))));
        var turned = TestPictures.Png(2, 1, 8, 0, [0, 10, 20], ("eXIf", [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Equal((1, 2), (ImageCodec.Decode(turned).Width, ImageCodec.Decode(turned).Height));

        static IEnumerable<(int, int, int)> Row(RgbImage image) => Enumerable.Range(0, image.Width).Select(x => ((int)image[x, 0].Red, (int)image[x, 0].Green, (int)image[x, 0].Blue));
    }

    [Fact]
    public void Of_an_animation_the_first_picture_is_taken()
    {
        var image = TestPictures.Smooth(20, 10);
        var gif = Vips.Encode(image, ImageFormat.Gif);
        var twice = TestPictures.Twice(gif);
        Assert.Equal(2, ImageCodec.Identify(twice).Frames);
        Assert.True(ImageCodec.Identify(twice).IsAnimated);
        Assert.True(ImageCodec.Decode(gif).Pixels.Span.SequenceEqual(ImageCodec.Decode(twice).Pixels.Span));
        Assert.Equal(3, ImageCodec.Identify(TestPictures.Png(1, 1, 8, 0, [0, 1], ("acTL", [0, 0, 0, 3, 0, 0, 0, 0]))).Frames);
    }

    [Theory]
    [InlineData(null, 640, 480)]
    [InlineData(480, 640, 480)]
    [InlineData(241, 640, 480)]
    [InlineData(240, 320, 240)]
    [InlineData(100, 160, 120)]
    [InlineData(1, 80, 60)]
    public void A_jpeg_is_decoded_smaller_where_that_is_enough(int? atLeast, int width, int height)
    {
        var image = TestPictures.Smooth(640, 480);
        var jpeg = ImageCodec.EncodeJpeg(image, 95);
        var options = new ImageDecodeOptions { AtLeast = atLeast };
        var decoded = ImageCodec.Decode(jpeg, options);
        Assert.Equal((width, height), (decoded.Width, decoded.Height));
        Assert.InRange(Difference(ImageResize.Resize(image, width, height), decoded), 0, 2.5);
        var other = Vips.Decode(jpeg, ImageCodec.Identify(jpeg), options, pool: null).ToImage();
        Assert.Equal((width, height), (other.Width, other.Height));
    }

    [Fact]
    public void Pixels_in_an_array_of_a_pool_are_the_same_and_what_fails_goes_back()
    {
        var pool = new CountingPool();
        var image = TestPictures.Smooth(61, 47);
        foreach (var bytes in (byte[][])[ImageCodec.EncodePng(image), ImageCodec.EncodeJpeg(image), TestPictures.WithOrientation(ImageCodec.EncodeJpeg(image), 6, little: true)])
        {
            var decoded = ImageCodec.Decode(bytes, pool);
            Assert.Single(pool.Lent);
            Assert.Equal((decoded.Width, decoded.Height), (ImageCodec.Decode(bytes).Width, ImageCodec.Decode(bytes).Height));
            Assert.True(decoded.Pixels.Span.SequenceEqual(ImageCodec.Decode(bytes).Pixels.Span));
            Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray<byte>(decoded.Pixels, out var pixels));
            Assert.Equal(0, pixels.Offset);
            pool.Return(pixels.Array!);
            Assert.Throws<Core.TarnException>(() => ImageCodec.Decode(bytes.AsSpan(0, bytes.Length - 40), pool));
            Assert.Empty(pool.Lent);
        }
    }

    [Fact]
    public void Both_libraries_read_a_jpeg_alike()
    {
        foreach (var jpeg in new[]
        {
            ImageCodec.EncodeJpeg(TestPictures.Smooth(99, 77), 95), ImageCodec.EncodeJpeg(TestPictures.Smooth(99, 77), 50),
            TurboJpeg.EncodeCmyk(TestPictures.Noise(64, 4 * 48, 1).Pixels.Span[..(64 * 48 * 4)], 64, 48, ycck: true),
        })
        {
            var other = Vips.Decode(jpeg, ImageCodec.Identify(jpeg), ImageDecodeOptions.Default, pool: null).ToImage();
            Assert.InRange(Difference(ImageCodec.Decode(jpeg), other), 0, 1.5);
        }
    }

    /// <summary>The mean difference of a byte.</summary>
    internal static double Difference(RgbImage one, RgbImage other)
    {
        Assert.Equal((one.Width, one.Height), (other.Width, other.Height));
        var sum = 0L;
        for (var i = 0; i < one.Pixels.Length; i++)
        {
            sum += Math.Abs(one.Pixels.Span[i] - other.Pixels.Span[i]);
        }

        return sum / (double)one.Pixels.Length;
    }

    /// <summary>How an image is stored so that this orientation turns it right.</summary>
    private static RgbImage Store(RgbImage seen, int orientation)
    {
        var turned = orientation >= 5;
        var stored = new RgbImage(turned ? seen.Height : seen.Width, turned ? seen.Width : seen.Height);
        for (var y = 0; y < seen.Height; y++)
        {
            for (var x = 0; x < seen.Width; x++)
            {
                var (right, bottom) = (seen.Width - 1 - x, seen.Height - 1 - y);

                // By EXIF: where the stored row 0 and column 0 are to be seen. 2: top, right. 3: bottom, right. 4: bottom, left. 5: left, top. 6: right, top. 7: right, bottom. 8: left, bottom.
                var (row, column) = orientation switch { 1 => (y, x), 2 => (y, right), 3 => (bottom, right), 4 => (bottom, x), 5 => (x, y), 6 => (right, y), 7 => (right, bottom), _ => (x, bottom) };
                seen.Pixels.Span.Slice(((y * seen.Width) + x) * 3, 3).CopyTo(stored.Pixels.Span[(((row * stored.Width) + column) * 3)..]);
            }
        }

        return stored;
    }

    private sealed class CountingPool : ArrayPool<byte>
    {
        public HashSet<byte[]> Lent { get; } = [];

        public override byte[] Rent(int minimumLength)
        {
            var array = new byte[minimumLength + 100];
            Lent.Add(array);
            return array;
        }

        public override void Return(byte[] array, bool clearArray = false) => Assert.True(Lent.Remove(array));
    }
}
