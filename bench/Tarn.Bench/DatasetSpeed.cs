using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using Tarn.Native;
using Tarn.Training;

namespace Tarn.Bench;

/// <summary>
/// Where images go, and what their views cost. Ten thousand new images are placed beside ten thousand of a dataset; the baseline compares each new one with all. A view is computed
/// between four pixels; the baseline is the same in floating point, channel by channel. Of each the fastest of some turns, in turn.
/// </summary>
internal static class DatasetSpeed
{
    private const int Images = 10_000;
    private const int Turns = 5;

    public static Task<IReadOnlyList<Measurement>> RunAsync(string folder) => Task.FromResult<IReadOnlyList<Measurement>>([Places(), Views()]);

    private static Measurement Places()
    {
        var random = new Random(1);
        var images = Enumerable.Range(0, 2 * Images).Select(i =>
        {
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(i)));
            return new SplitCandidate(sha256, i % 2 == 0 ? "a" : "b", (ulong)random.NextInt64(long.MinValue, long.MaxValue), null, i < Images ? sha256 : null, i < Images ? (DatasetSplit)(i % 3) : null);
        }).ToList();
        var hashes = images.Select(static i => i.Hash!.Value).ToArray();
        var (ours, theirs, near) = (double.PositiveInfinity, double.PositiveInfinity, 0);
        for (var turn = 0; turn < Turns; turn++)
        {
            var clock = Stopwatch.StartNew();
            SplitPlanner.Plan(images, new ImageDatasetOptions());
            ours = Math.Min(ours, clock.Elapsed.TotalMilliseconds);
            clock.Restart();
            for (var i = Images; i < hashes.Length; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    near += BitOperations.PopCount(hashes[i] ^ hashes[j]) <= 8 ? 1 : 0;
                }
            }

            theirs = Math.Min(theirs, clock.Elapsed.TotalMilliseconds);
        }

        return new Measurement(string.Create(CultureInfo.InvariantCulture, $"10,000 images placed beside 10,000 ({near / Turns} near)"), ours, "ms", theirs, ours / theirs, "< 1000 ms", ours < 1000);
    }

    private static Measurement Views()
    {
        var image = new RgbImage(512, 384);
        new Random(2).NextBytes(image.Pixels.Span);
        var augmenter = new Augmenter(new AugmentationSpec { Brightness = 0, ChannelShift = 0 });
        var hash = new string('7', 64);
        var (ours, theirs) = (0.0, 0.0);
        for (var turn = 1; turn <= 4 * Turns; turn++)
        {
            var clock = Stopwatch.StartNew();
            augmenter.View(image, hash, turn);
            ours = Math.Max(ours, 1 / clock.Elapsed.TotalSeconds);
            var placement = ImageView.Draw(new AugmentationSpec(), hash, turn, 512, 384).Placement;
            clock.Restart();
            Plain(image, placement);
            theirs = Math.Max(theirs, 1 / clock.Elapsed.TotalSeconds);
        }

        return Measurement.AtLeastRatio("views of 512 × 384 pixels, one thread", ours, "views/s", theirs, 1.5);
    }

    private static byte[] Plain(RgbImage image, in Affine placement)
    {
        var (source, target, width, height) = (image.Pixels.ToArray(), new byte[image.Pixels.Length], image.Width, image.Height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (fromX, fromY) = ((float)((placement.A * x) + (placement.B * y) + placement.C), (float)((placement.D * x) + (placement.E * y) + placement.F));
                var (left, top) = ((int)MathF.Floor(fromX), (int)MathF.Floor(fromY));
                var (partX, partY) = (fromX - left, fromY - top);
                var (x0, x1) = (Math.Clamp(left, 0, width - 1), Math.Clamp(left + 1, 0, width - 1));
                var (y0, y1) = (Math.Clamp(top, 0, height - 1) * width, Math.Clamp(top + 1, 0, height - 1) * width);
                for (var c = 0; c < 3; c++)
                {
                    var upper = (source[((y0 + x0) * 3) + c] * (1 - partX)) + (source[((y0 + x1) * 3) + c] * partX);
                    var lower = (source[((y1 + x0) * 3) + c] * (1 - partX)) + (source[((y1 + x1) * 3) + c] * partX);
                    target[(((y * width) + x) * 3) + c] = (byte)((upper * (1 - partY)) + (lower * partY) + 0.5f);
                }
            }
        }

        return target;
    }
}
