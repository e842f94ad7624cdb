using Tarn.Contracts;
using Tarn.Native;

namespace Tarn.Bench;

/// <summary>
/// 500 photos to 224 × 224. The baseline is libjpeg-turbo called straight: one object, one buffer, no checks, the same scaled decode, and no resize at all, so that the ratio says
/// what the resize and everything around it cost. In turn, the fastest of each, by the processor's time and not the clock's, which others on the machine lengthen; then libvips'
/// own decode and resize in one call, for comparison; then all cores.
/// </summary>
internal static unsafe class ImageSpeed
{
    private const int Photos = 500;
    private const int Side = 224;
    private const int Turns = 5;

    public static Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var (photos, source) = Load();
        using var decoder = TurboJpegApi.Init(TurboJpegApi.Decompressor);
        var buffer = new byte[50_000_000];
        var (whole, wholeStraight) = Fastest(() => All(photos, static p => ImageCodec.Decode(p)), () => All(photos, p => Straight(decoder, p, buffer, null)));
        var (resized, straight) = Fastest(() => All(photos, static p => ImageCodec.DecodeResized(p, Side, Side)), () => All(photos, p => Straight(decoder, p, buffer, Side)));
        var (batch, vips) = Fastest(
            () => ImageBatch.DecodeResized(photos.Count, i => photos[i], Side, Side, static _ => { }),
            () => All(photos, static p => Thumbnail(p)));
        return Task.FromResult<IReadOnlyList<Measurement>>(
        [
            Measurement.AtLeastRatio($"decode of {photos.Count} {source}, one core", whole, "images/s", wholeStraight, 0.7),
            Measurement.AtLeastRatio("decode + resize against decode alone, one core", resized, "images/s", straight, 0.7),
            Measurement.AtLeastRatio("decode + resize against libvips' thumbnail, one core", resized, "images/s", vips, 1),
            Measurement.AtLeastRatio($"decode + resize, {Environment.ProcessorCount} cores at once, of each core", batch, "images/s", straight, 0.7),
        ]);

        (double Ours, double Theirs) Fastest(Action ours, Action theirs)
        {
            var (first, second) = (double.MaxValue, double.MaxValue);
            for (var turn = 0; turn <= Turns; turn++)
            {
                var (a, b) = (Seconds(ours), Seconds(theirs));
                (first, second) = turn == 0 ? (first, second) : (Math.Min(first, a), Math.Min(second, b));
            }

            return (photos.Count / first, photos.Count / second);
        }
    }

    private static (IReadOnlyList<byte[]> Photos, string Source) Load()
    {
        if (SharedData.Find("pizza") is { } folder)
        {
            return ([.. Directory.EnumerateFiles(folder, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(static (_, i) => i % 3 == 0).Take(Photos).Select(File.ReadAllBytes)], "photos");
        }

        // Noise over a smooth ground, which is about as hard to decode as a photo.
        var drawn = new byte[Photos][];
        for (var p = 0; p < Photos; p++)
        {
            var image = new RgbImage(512, 384);
            var random = new Random(p);
            for (var i = 0; i < image.Pixels.Length; i++)
            {
                image.Pixels.Span[i] = (byte)(128 + (80 * Math.Sin((i / 3 % 512 * 0.02) + p)) + random.Next(-24, 24));
            }

            drawn[p] = ImageCodec.EncodeJpeg(image);
        }

        return (drawn, "drawn pictures");
    }

    private static double Seconds(Action work)
    {
        var before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static void All(IReadOnlyList<byte[]> photos, Action<byte[]> work)
    {
        foreach (var photo in photos)
        {
            work(photo);
        }
    }

    private static void Straight(TurboJpegHandle decoder, byte[] photo, byte[] buffer, int? atLeast)
    {
        fixed (byte* data = photo, pixels = buffer)
        {
            var failed = TurboJpegApi.ReadHeader(decoder, data, (nuint)photo.Length);
            var (width, height) = (TurboJpegApi.Get(decoder, TurboJpegApi.Width), TurboJpegApi.Get(decoder, TurboJpegApi.Height));
            var denominator = TurboJpeg.Denominator(width, height, atLeast);
            failed |= TurboJpegApi.SetScale(decoder, new TurboJpegApi.Scale { Numerator = 1, Denominator = denominator });
            failed |= TurboJpegApi.Decompress(decoder, data, (nuint)photo.Length, pixels, (width + denominator - 1) / denominator * 3, TurboJpegApi.Rgb);
            if (failed != 0)
            {
                throw new InvalidDataException("A photo of the bench could not be decoded.");
            }
        }
    }

    private static void Thumbnail(byte[] photo)
    {
        fixed (byte* data = photo)
        {
            var operation = VipsApi.NewOperation("thumbnail_buffer");
            var blob = VipsApi.NewBlob(0, data, (nuint)photo.Length);
            var value = default(VipsApi.Value);
            _ = VipsApi.InitValue(ref value, VipsApi.BlobType());
            VipsApi.SetBoxed(ref value, blob);
            VipsApi.SetProperty(operation, "buffer", ref value);
            VipsApi.UnsetValue(ref value);
            VipsApi.ReleaseBlob(blob);
            _ = VipsApi.SetArgument(operation, "width", "224");
            _ = VipsApi.SetArgument(operation, "height", "224");
            _ = VipsApi.SetArgument(operation, "size", "force");
            if (VipsApi.Build(ref operation) != 0)
            {
                throw new InvalidDataException(Vips.TakeError());
            }

            var image = default(VipsApi.Value);
            _ = VipsApi.InitValue(ref image, VipsApi.ImageType());
            VipsApi.GetProperty(operation, "out", ref image);
            VipsApi.Free((nint)VipsApi.Pixels(VipsApi.GetObject(ref image), out _));
            VipsApi.UnsetValue(ref image);
            VipsApi.ReleaseOutputs(operation);
            VipsApi.Release(operation);
        }
    }
}
