using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Tarn.Training;

/// <summary>How many images of each class are in each split, and which split a group goes to.</summary>
internal sealed class ClassShares(ImageDatasetOptions options)
{
    private static readonly DatasetSplit[] Splits = [DatasetSplit.Train, DatasetSplit.Validation, DatasetSplit.Test];

    private readonly Dictionary<string, int[]> _counts = new(StringComparer.Ordinal);

    /// <summary>A number that the image's hash and the seed give, evenly over all of 64 bits.</summary>
    public static ulong Order(string sha256, long seed)
    {
        Span<byte> text = stackalloc byte[8 + (sha256.Length * 2)];
        BinaryPrimitives.WriteInt64LittleEndian(text, seed);
        for (var i = 0; i < sha256.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(text[(8 + (i * 2))..], sha256[i]);
        }

        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(text, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    public void Count(string label, DatasetSplit split, int images) => Of(label)[(int)split] += images;

    /// <summary>The split of a new group, which is counted.</summary>
    /// <param name="label">Its class.</param>
    /// <param name="order">The smallest <see cref="Order"/> of its images.</param>
    /// <param name="images">How many there are.</param>
    public DatasetSplit Place(string label, ulong order, int images)
    {
        var split = options.SplitRule == SplitRule.HashOnly ? ByHash(order) : FurthestBehind(label, images);
        Count(label, split, images);
        return split;
    }

    private DatasetSplit ByHash(ulong order)
    {
        var at = (order >> 11) * (1.0 / (1UL << 53));
        return at < options.TrainShare ? DatasetSplit.Train : at < options.TrainShare + options.ValidationShare ? DatasetSplit.Validation : DatasetSplit.Test;
    }

    private DatasetSplit FurthestBehind(string label, int images)
    {
        var counts = Of(label);
        var all = counts.Sum() + images;
        return Splits.Where(s => options.Share(s) > 0).MaxBy(s => (options.Share(s) * all) - counts[(int)s]);
    }

    private int[] Of(string label) => _counts.TryGetValue(label, out var counts) ? counts : _counts[label] = new int[Splits.Length];
}
