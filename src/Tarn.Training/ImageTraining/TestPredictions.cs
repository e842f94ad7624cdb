using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>What an exported model says of test images: of each file decoded, one by one.</summary>
/// <param name="Classes">The classes, in the order of the probabilities.</param>
/// <param name="Images">The images, by their SHA-256.</param>
/// <param name="LatencyMilliseconds">The middle time of a call of the model alone, one thread, on some of the images.</param>
internal sealed record TestPredictions(IReadOnlyList<string> Classes, IReadOnlyList<TestPrediction> Images, double LatencyMilliseconds)
{
    private const int Timed = 25;

    public static TestPredictions FromJson(byte[] json) => TrainingJson.Read<TestPredictions>(System.Text.Encoding.UTF8.GetString(json), "predictions of a test");

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TrainingJson.Options);

    /// <summary>Runs a model over the test images of a version, on all cores.</summary>
    public static async Task<TestPredictions> MakeAsync(ImageDatasetSnapshot snapshot, Func<Task<ImageClassifier>> load, TimeProvider time, CancellationToken cancellation)
    {
        using var classifier = await load().ConfigureAwait(false);
        var images = snapshot.Of(DatasetSplit.Test);
        var said = new ConcurrentDictionary<string, IReadOnlyList<float>>(StringComparer.Ordinal);
        var some = new ConcurrentBag<RgbImage>();
        await Parallel.ForEachAsync(snapshot.FilesAsync(images, cancellation), cancellation, (file, _) =>
        {
            var picture = ImageCodec.Decode(file.Read(), new ImageDecodeOptions { Limits = snapshot.Options.Limits });
            said[file.Image.Sha256] = classifier.Classify(picture).Probabilities;
            if (some.Count < Timed)
            {
                some.Add(picture);
            }

            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        var times = new List<double>();
        foreach (var picture in some.Take(Timed))
        {
            cancellation.ThrowIfCancellationRequested();
            var start = time.GetTimestamp();
            _ = classifier.Classify(picture);
            times.Add(time.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        return new TestPredictions(classifier.Labels, [.. images.Select(i => new TestPrediction(i.Sha256, i.Path, i.Label, said[i.Sha256]))], times[times.Count / 2]);
    }

    /// <summary>
    /// The predictions over other classes: a class that the model does not know has probability 0.
    /// </summary>
    public PredictionSet ToSet(ImageDatasetSnapshot snapshot, IReadOnlyList<string> classes)
    {
        var place = classes.Select(static (name, index) => (name, index)).ToDictionary(static c => c.name, static c => c.index, StringComparer.Ordinal);
        var probabilities = new FloatMatrix(Images.Count, classes.Count);
        for (var i = 0; i < Images.Count; i++)
        {
            for (var c = 0; c < Classes.Count; c++)
            {
                probabilities[i, place[Classes[c]]] = Images[i].Probabilities[c];
            }
        }

        var byHash = snapshot.Images.ToDictionary(static i => i.Sha256, StringComparer.Ordinal);
        return new PredictionSet(
            probabilities, [.. Images.Select(i => place[i.Label])], classes, ImageSlices.Of([.. Images.Select(i => byHash[i.Sha256])]), [.. Images.Select(static i => i.Path)]);
    }

    /// <summary>The greatest difference from what the trainer says of the same images, in the same order.</summary>
    /// <exception cref="TarnException">It is greater than <see cref="ImageModel.Tolerance"/>.</exception>
    public double CompareWith(FloatMatrix trainer)
    {
        var greatest = 0.0;
        for (var i = 0; i < Images.Count; i++)
        {
            for (var c = 0; c < trainer.Columns; c++)
            {
                var difference = Math.Abs((double)Images[i].Probabilities[c] - trainer[i, c]);
                greatest = Math.Max(greatest, difference);
                if (!(difference <= ImageModel.Tolerance))
                {
                    throw TarnException.Corrupt(
                        FormattableString.Invariant($"The exported model says of every test image what the trainer says, within {ImageModel.Tolerance}."),
                        string.Create(CultureInfo.InvariantCulture, $"{Images[i].Path}: {Images[i].Probabilities[c]} in place of {trainer[i, c]} for {Classes[c]}"),
                        "Check the backbone with `tarn backbones check`.");
                }
            }
        }

        return greatest;
    }
}

/// <summary>What a model says of a test image.</summary>
internal sealed record TestPrediction(string Sha256, string Path, string Label, IReadOnlyList<float> Probabilities);
