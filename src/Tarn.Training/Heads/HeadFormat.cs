using Tarn.Core;

namespace Tarn.Training;

/// <summary>A trained head as bytes, such as an artifact of a training run: exact, with a hash against damage.</summary>
public static class HeadFormat
{
    /// <summary>The head's bytes.</summary>
    public static byte[] ToBytes(TrainedHead head)
    {
        var header = new HeadHeader([.. head.Layers.Select(static l => l.Inputs), head.Classes.Count], head.Classes, head.InputMean is not null, head.InputScale is not null, head.Temperature);
        var arrays = head.Layers.SelectMany(static l => new[] { l.Weights, l.Bias }).ToList();
        arrays.AddRange(new[] { head.InputMean, head.InputScale }.OfType<float[]>());
        return HeadFile.Write(header, arrays);
    }

    /// <summary>The head of such bytes.</summary>
    /// <exception cref="TarnException">The bytes are damaged.</exception>
    public static TrainedHead FromBytes(ReadOnlySpan<byte> bytes)
    {
        var (header, arrays) = HeadFile.Read<HeadHeader>(bytes, "head");
        var count = header.Sizes.Count - 1;
        if (arrays.Count != (2 * count) + (header.HasMean ? 1 : 0) + (header.HasScale ? 1 : 0))
        {
            throw TarnException.Corrupt("A head's bytes hold weights and biases of each layer.", $"{arrays.Count} arrays", "Train again.");
        }

        var layers = Enumerable.Range(0, count).Select(l => new HeadLayer(
            header.Sizes[l], header.Sizes[l + 1], arrays[2 * l], arrays[(2 * l) + 1], l == count - 1 ? HeadActivation.Softmax : HeadActivation.Relu));
        var mean = header.HasMean ? arrays[2 * count] : null;
        return new TrainedHead([.. layers], header.Classes, mean, header.HasScale ? arrays[^1] : null, header.Temperature);
    }

    private sealed record HeadHeader(IReadOnlyList<int> Sizes, IReadOnlyList<string> Classes, bool HasMean, bool HasScale, float Temperature);
}
