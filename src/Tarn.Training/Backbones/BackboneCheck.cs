using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>
/// Runs a backbone on pictures and looks whether its embeddings are of use: finite, not constant, different for different pictures; and, where its file ends in a classifier of ImageNet and
/// photographs are given, whether pixels prepared in another usual way are recognised more surely, which they are where the catalogue says the wrong scale.
/// </summary>
public sealed class BackboneCheck
{
    /// <summary>At most so many pictures are run.</summary>
    public const int MostPictures = 64;

    /// <summary>Two different pictures are alike to a cosine under this.</summary>
    private const double Alike = 0.9999;

    private readonly Backbone _backbone;
    private readonly IReadOnlyList<RgbImage> _pictures;
    private readonly bool _isDrawn;

    private BackboneCheck(Backbone backbone, IReadOnlyList<RgbImage> pictures)
    {
        _backbone = backbone;
        _isDrawn = pictures.Count == 0;
        _pictures = _isDrawn ? CheckPictures.Draw() : [.. pictures.Take(MostPictures)];
    }

    /// <summary>Checks a backbone.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="classifier">Its whole file, to compare preparations by; empty to leave that out.</param>
    /// <param name="pictures">Photographs; none: pictures that are drawn, which tell nothing of the preparation.</param>
    /// <param name="time">What times are taken with.</param>
    public static BackboneCheckResult Run(Backbone backbone, ReadOnlySpan<byte> classifier, IReadOnlyList<RgbImage> pictures, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(pictures);
        var check = new BackboneCheck(backbone, pictures);
        using var runner = new BackboneRunner(backbone);
        var embeddings = new FloatMatrix(check._pictures.Count, runner.EmbeddingSize);
        var (resize, embed) = (new List<double>(), new List<double>());
        var pixels = new float[runner.PixelCount];
        for (var i = 0; i < check._pictures.Count; i++)
        {
            var start = time.GetTimestamp();
            runner.Pixels(check._pictures[i], pixels);
            resize.Add(time.GetElapsedTime(start).TotalMilliseconds);
            start = time.GetTimestamp();
            runner.Embed(pixels, 1).Data.CopyTo(embeddings.Row(i));
            embed.Add(time.GetElapsedTime(start).TotalMilliseconds);
        }

        return new BackboneCheckResult(
            backbone.Entry.Name,
            backbone.Sha256,
            backbone.Hash,
            runner.EmbeddingSize,
            backbone.EmbeddingSource,
            ModelSignatures.Preparation(backbone.Entry),
            backbone.TakesBatches,
            check._isDrawn ? 0 : check._pictures.Count,
            Median(resize),
            Median(embed),
            [Numbers(embeddings), Variety(embeddings), check.Preparation(classifier)]);
    }

    private static BackboneFinding Numbers(FloatMatrix embeddings)
    {
        var values = embeddings.Data.AsSpan();
        if (!TensorPrimitives.IsFiniteAll<float>(values))
        {
            return new BackboneFinding("numbers", "error", "Embeddings hold NaN or infinite numbers.");
        }

        var spread = TensorPrimitives.Max<float>(values) - TensorPrimitives.Min<float>(values);
        var zeros = values.Count(0f) / (double)values.Length;
        var detail = string.Create(CultureInfo.InvariantCulture, $"{TensorPrimitives.Min<float>(values):0.###} to {TensorPrimitives.Max<float>(values):0.###}, {zeros:0%} zeros");
        return spread < 1e-6f ? new BackboneFinding("numbers", "error", $"Every number of every embedding is the same: {detail}.")
            : zeros > 0.98 ? new BackboneFinding("numbers", "warning", $"Nearly all numbers are zero: {detail}. The preparation of pixels may be wrong.")
            : new BackboneFinding("numbers", "ok", detail);
    }

    private static BackboneFinding Variety(FloatMatrix embeddings)
    {
        if (embeddings.Rows < 2)
        {
            return new BackboneFinding("variety", "ok", "Not looked at: give two pictures or more.");
        }

        var (sum, pairs) = (0.0, 0);
        for (var i = 0; i < embeddings.Rows; i++)
        {
            for (var k = i + 1; k < embeddings.Rows; k++)
            {
                sum += TensorPrimitives.CosineSimilarity<float>(embeddings.Row(i), embeddings.Row(k));
                pairs++;
            }
        }

        var mean = sum / pairs;
        var detail = string.Create(CultureInfo.InvariantCulture, $"the mean cosine between pictures is {mean:0.0000}");
        return double.IsNaN(mean) ? new BackboneFinding("variety", "warning", "Cannot be told: some embeddings are no numbers, or zero.")
            : mean < Alike ? new BackboneFinding("variety", "ok", detail)
            : new BackboneFinding("variety", "warning", $"Different pictures give nearly the same embedding ({detail}): the preparation of pixels (scale, mean, std) is wrong, or the tensor is.");
    }

    private BackboneFinding Preparation(ReadOnlySpan<byte> classifier)
    {
        if (_isDrawn)
        {
            return new BackboneFinding("preparation", "ok", "Not compared with others: give photographs.");
        }

        if (classifier.IsEmpty || SurenessOf.Measure(_backbone.Entry, classifier, _pictures) is not { } own)
        {
            return new BackboneFinding("preparation", "ok", "Not compared with others: the file ends in no classifier.");
        }

        var best = (Name: "", Value: 0.0);
        foreach (var (name, other) in SurenessOf.Alternatives(_backbone.Entry))
        {
            if (SurenessOf.Measure(other, classifier, _pictures) is { } value && value > best.Value)
            {
                best = (name, value);
            }
        }

        var detail = string.Create(CultureInfo.InvariantCulture, $"the mean probability of the likeliest class is {own:0.00}; the best other preparation ({best.Name}) has {best.Value:0.00}");
        return best.Value > own + SurenessOf.Margin
            ? new BackboneFinding("preparation", "warning", $"Pictures are recognised more surely when prepared in another way: {detail}. Check scale, mean, std and channels in the catalogue.")
            : new BackboneFinding("preparation", "ok", detail);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
