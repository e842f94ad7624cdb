using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>Tries whether a network that was made for one picture may be given several.</summary>
internal static class BatchTrial
{
    /// <summary>By how much of the greatest number embeddings may differ: several pictures are summed in another order than one.</summary>
    private const float Tolerance = 1e-3f;

    /// <summary>Whether the changed network gives two pictures at once what the unchanged one gives each.</summary>
    public static bool Agree(Backbone single, Backbone free)
    {
        var count = 3 * single.Entry.Width * single.Entry.Height;
        var pictures = new float[2 * count];
        for (var i = 0; i < pictures.Length; i++)
        {
            pictures[i] = i * 7919L % 256;
        }

        float[] expected;
        using (var session = Load(single))
        {
            expected = [.. Run(session, single, pictures.AsMemory(0, count), 1), .. Run(session, single, pictures.AsMemory(count), 1)];
        }

        try
        {
            using var session = Load(free);
            return IsNear(Run(session, free, pictures, 2), expected);
        }
        catch (TarnException)
        {
            return false;
        }
    }

    private static OnnxSession Load(Backbone backbone) => OnnxSession.FromBytes(backbone.EmbedderModel.Span, new OnnxSessionOptions { Name = backbone.Entry.Name });

    private static float[] Run(OnnxSession session, Backbone backbone, Memory<float> pictures, long count)
    {
        using var input = OnnxValue.FromMemory(pictures, count, 3, backbone.Entry.Height, backbone.Entry.Width);
        OnnxValue?[] outputs = [null];
        session.Run([input], outputs);
        using var output = outputs[0]!;
        return output.ToArray<float>();
    }

    private static bool IsNear(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        var (scale, off) = (0f, 0f);
        for (var i = 0; i < left.Length; i++)
        {
            scale = Math.Max(scale, Math.Abs(right[i]));
            off = Math.Max(off, Math.Abs(left[i] - right[i]));
        }

        return off <= Tolerance * scale;
    }
}
