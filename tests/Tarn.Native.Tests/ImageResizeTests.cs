using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Native.Tests;

public sealed class ImageResizeTests
{
    [Theory]
    [InlineData(ResizeFilter.Bilinear)]
    [InlineData(ResizeFilter.BilinearAntialias)]
    [InlineData(ResizeFilter.Lanczos3Antialias)]
    public void Every_pixel_is_within_one_step_of_the_filters_exact_value(ResizeFilter filter)
    {
        foreach (var (width, height, toWidth, toHeight) in new[] { (100, 70, 33, 20), (33, 20, 100, 71), (256, 192, 112, 100), (5, 7, 3, 2), (1, 1, 9, 4), (64, 2, 1, 1), (300, 3, 7, 3) })
        {
            var image = TestPictures.Noise(width, height, width);
            var resized = ImageResize.Resize(image, toWidth, toHeight, filter);
            var exact = Reference(image, toWidth, toHeight, filter);
            for (var i = 0; i < exact.Length; i++)
            {
                Assert.True(Math.Abs(exact[i] - resized.Pixels.Span[i]) <= 1, $"{width} × {height} → {toWidth} × {toHeight}, byte {i}: {resized.Pixels.Span[i]}, exactly {exact[i]}");
            }
        }
    }

    [Fact]
    public void One_colour_stays_what_it_is_and_a_same_size_changes_nothing()
    {
        foreach (var filter in Enum.GetValues<ResizeFilter>())
        {
            for (var value = 0; value < 256; value += 51)
            {
                var image = new RgbImage(37, 21);
                image.Pixels.Span.Fill((byte)value);
                Assert.Equal(-1, ImageResize.Resize(image, 11, 50, filter).Pixels.Span.IndexOfAnyExcept((byte)value));
            }

            var noise = TestPictures.Noise(37, 21, 5);
            Assert.True(noise.Pixels.Span.SequenceEqual(ImageResize.Resize(noise, 37, 21, filter).Pixels.Span));
        }
    }

    [Fact]
    public void The_nearest_pixel_is_the_one_under_the_middle()
    {
        var image = new RgbImage(4, 1, new byte[] { 0, 0, 0, 10, 10, 10, 20, 20, 20, 30, 30, 30 });
        Assert.Equal([10, 30], ImageResize.Resize(image, 2, 1, ResizeFilter.Nearest).Pixels.ToArray().Where(static (_, i) => i % 3 == 0));
        Assert.Equal([0, 0, 10, 10, 20, 20, 30, 30], ImageResize.Resize(image, 8, 1, ResizeFilter.Nearest).Pixels.ToArray().Where(static (_, i) => i % 3 == 0));
    }

    [Fact]
    public void A_crop_lies_inside()
    {
        var image = TestPictures.Noise(30, 20, 7);
        var crop = ImageResize.Crop(image, 5, 6, 10, 4);
        Assert.Equal(image[5, 6], crop[0, 0]);
        Assert.Equal(image[14, 9], crop[9, 3]);
        Assert.Contains("10 × 4 at 21, 6 of 30 × 20", Assert.Throws<TarnException>(() => ImageResize.Crop(image, 21, 6, 10, 4)).Message, StringComparison.Ordinal);
        Assert.Throws<TarnException>(() => ImageResize.Crop(image, 0, -1, 10, 4));
        Assert.Throws<TarnException>(() => ImageResize.Crop(image, int.MaxValue, 0, int.MaxValue, 4));
        Assert.Throws<TarnException>(() => ImageResize.Resize(image, 0, 5));
        Assert.True(ImageResize.Crop(image, 5, 0, 20, 20).Pixels.Span.SequenceEqual(ImageResize.CenterCrop(image, 20, 20).Pixels.Span));
        var banner = ImageResize.CenterCrop(image, 60, 10);
        Assert.Equal((60, 10), (banner.Width, banner.Height));
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512", "False", "True")]
    [InlineData("DOTNET_EnableHWIntrinsic", "False", "False")]
    public void The_result_is_the_same_without_the_processors_vectors(string switchedOff, string wide, string vectors)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Tarn.Native.Tests.dll"), "-explicit", "only", "-class", typeof(ResizeProbe).FullName!])
        {
            RedirectStandardOutput = true,
            Environment = { [switchedOff] = "0" },
        })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Contains($"VECTORS {wide} ", output, StringComparison.Ordinal);
        Assert.Contains(Vector256.IsHardwareAccelerated ? $" {vectors}." : " False.", output, StringComparison.Ordinal);
        Assert.Contains(ResizeProbe.Hash(), output, StringComparison.Ordinal);
    }

    [Fact]
    public void Decoding_and_resizing_in_one_is_the_same_as_one_after_the_other()
    {
        var jpeg = ImageCodec.EncodeJpeg(TestPictures.Smooth(640, 480));
        var decoded = ImageCodec.Decode(jpeg, new ImageDecodeOptions { AtLeast = 224 });
        Assert.Equal(320, decoded.Width);
        Assert.True(ImageResize.Resize(decoded, 224, 224).Pixels.Span.SequenceEqual(ImageCodec.DecodeResized(jpeg, 224, 224).Pixels.Span));
    }

    [Fact]
    public void A_batch_tells_each_images_error_in_its_place()
    {
        var jpeg = ImageCodec.EncodeJpeg(TestPictures.Smooth(300, 200));
        var results = ImageBatch.DecodeResized(50, i => i % 10 == 3 ? jpeg.AsMemory(0, 500) : jpeg, 64, 64, cancellation: TestContext.Current.CancellationToken);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(i, results[i].Index);
            Assert.Equal(i % 10 == 3, results[i].Error is not null);
            Assert.Equal(i % 10 == 3, results[i].Image is null);
        }

        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => ImageBatch.DecodeResized(5, _ => jpeg, 64, 64, cancellation: stop.Token));
    }

    [Fact]
    public void Real_photos_are_read_by_both_libraries_alike()
    {
        var folder = SharedData.Require("pizza");
        foreach (var path in Directory.EnumerateFiles(folder, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(static (_, i) => i % 60 == 0))
        {
            var bytes = ImageCodec.ReadFile(path);
            var info = ImageCodec.Identify(bytes);
            var image = ImageCodec.Decode(bytes);
            Assert.Equal((info.SeenWidth, info.SeenHeight), (image.Width, image.Height));
            var other = ImageOrientation.Apply(Vips.Decode(bytes, info, ImageDecodeOptions.Default, pool: null), info.Orientation).ToImage();
            Assert.InRange(ImageCodecTests.Difference(image, other), 0, 2);
        }
    }

    /// <summary>The filter's definition, in doubles, unhurried.</summary>
    private static double[] Reference(RgbImage image, int width, int height, ResizeFilter filter)
    {
        var columns = Weights(image.Width, width, filter);
        var rows = Weights(image.Height, height, filter);
        var result = new double[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            // One row of weighed sums, then each pixel of it.
            var sums = new double[image.Width * 3];
            for (var v = 0; v < image.Height; v++)
            {
                for (var i = 0; rows[y][v] != 0 && i < sums.Length; i++)
                {
                    sums[i] += rows[y][v] * image.Pixels.Span[(v * sums.Length) + i];
                }
            }

            for (var i = 0; i < width * 3; i++)
            {
                var weights = columns[i / 3];
                result[(y * width * 3) + i] = Math.Clamp(weights.Select((w, u) => w * sums[(u * 3) + (i % 3)]).Sum(), 0, 255);
            }
        }

        return result;
    }

    private static double[][] Weights(int source, int target, ResizeFilter filter)
    {
        var scale = (double)source / target;
        var stretch = filter == ResizeFilter.Bilinear ? 1 : Math.Max(1, scale);
        return [.. Enumerable.Range(0, target).Select(i =>
        {
            var all = Enumerable.Range(0, source).Select(s => Weigh((s + 0.5 - ((i + 0.5) * scale)) / stretch)).ToArray();
            var sum = all.Sum();
            return Array.ConvertAll(all, w => w / sum);
        })];

        double Weigh(double x)
        {
            x = Math.Abs(x);
            return filter != ResizeFilter.Lanczos3Antialias ? Math.Max(0, 1 - x) : x >= 3 ? 0 : x == 0 ? 1 : Math.Sin(Math.PI * x) * Math.Sin(Math.PI * x / 3) * 3 / (Math.PI * Math.PI * x * x);
        }
    }
}

/// <summary>Run by <see cref="ImageResizeTests"/> in a process of its own.</summary>
public sealed class ResizeProbe
{
    [Fact(Explicit = true)]
    public void Print()
    {
        Console.WriteLine($"VECTORS {Avx512BW.IsSupported} {Vector256.IsHardwareAccelerated}.");
        Console.WriteLine(Hash());
    }

    internal static string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var filter in Enum.GetValues<ResizeFilter>())
        {
            hash.AppendData(ImageResize.Resize(TestPictures.Noise(301, 203, 11), 97, 99, filter).Pixels.Span);
            hash.AppendData(ImageResize.Resize(TestPictures.Noise(31, 23, 12), 97, 99, filter).Pixels.Span);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
