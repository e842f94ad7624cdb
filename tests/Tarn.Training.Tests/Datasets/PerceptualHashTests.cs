using Tarn.Contracts;
using Tarn.Native;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class PerceptualHashTests
{
    [Fact]
    public void Another_size_quality_format_or_brightness_changes_few_bits()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var image = Photos.Draw(seed, 192, 144);
            var hash = PerceptualHash.Of(image)!.Value;
            var brighter = new RgbImage(192, 144, image.Pixels.ToArray().Select(static p => (byte)Math.Min(255, (p * 0.9) + 18)).ToArray());
            foreach (var other in new[]
            {
                ImageCodec.Decode(ImageCodec.EncodeJpeg(image, 40)),
                ImageCodec.Decode(ImageCodec.EncodePng(image)),
                ImageResize.Resize(image, 77, 60),
                brighter,
            })
            {
                Assert.InRange(PerceptualHash.Distance(hash, PerceptualHash.Of(other)!.Value), 0, 6);
            }
        }
    }

    [Fact]
    public void Different_pictures_differ_in_many_bits()
    {
        var hashes = Enumerable.Range(0, 60).Select(static i => PerceptualHash.Of(Photos.Draw(i))!.Value).ToList();
        var distances = hashes.SelectMany((a, i) => hashes.Take(i).Select(b => PerceptualHash.Distance(a, b))).ToList();
        Assert.True(distances.Min() > 8, $"nearest: {distances.Min()}");
        Assert.InRange(distances.Average(), 26, 36);
    }

    [Fact]
    public void Half_of_the_bits_are_set_and_a_picture_of_one_shade_has_none()
    {
        Assert.Equal(32, System.Numerics.BitOperations.PopCount(PerceptualHash.Of(Photos.Draw(3))!.Value));
        Assert.Null(PerceptualHash.Of(new RgbImage(40, 40)));
        var grey = new RgbImage(50, 30);
        grey.Pixels.Span.Fill(200);
        Assert.Null(PerceptualHash.Of(grey));
    }

    [Fact]
    public void Stripes_in_one_direction_are_told_by_it()
    {
        var image = new RgbImage(64, 64);
        for (var i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels.Span[i] = (byte)(i / 3 % 64 / 16 % 2 * 255);
        }

        Assert.NotNull(PerceptualHash.Of(image));
    }

    [Fact]
    public void Real_photos_of_different_things_are_seldom_near()
    {
        var folder = SharedData.Require("pizza");
        var files = Directory.EnumerateFiles(folder, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(static (_, i) => i % 4 == 0).ToList();
        var hashes = new ulong[files.Count];
        Parallel.For(0, files.Count, i =>
        {
            var data = File.ReadAllBytes(files[i]);
            hashes[i] = PerceptualHash.Of(ImageCodec.DecodeResized(data, 64, 64))!.Value;
        });
        var counts = new int[65];
        for (var i = 0; i < hashes.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                counts[PerceptualHash.Distance(hashes[i], hashes[j])]++;
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{files.Count} photos; pairs by distance 0 to 16: {string.Join(' ', counts[..17])}");
        Assert.True(counts[..9].Sum() < files.Count / 50, string.Join(' ', counts[..17]));
    }
}
