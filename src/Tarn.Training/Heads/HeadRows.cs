using System.Numerics.Tensors;

namespace Tarn.Training;

/// <summary>Rows as the network takes them: standardised features and targets.</summary>
internal sealed class HeadRows(FloatMatrix features, float[] targets, int classes)
{
    // Limits what the network keeps of its layers; the parts' order, and so the sum, is always the same.
    private const int RowsOfPart = 8192;

    public int Count => features.Rows;

    public int Columns => features.Columns;

    /// <summary>The loss over all rows, its gradient where one is wanted, and how many rows' greatest class is their target's.</summary>
    public (double Loss, int Correct) Loss(HeadNetwork network, float[]? gradient)
    {
        var (loss, correct) = (0.0, 0);
        var part = gradient is not null && Count > RowsOfPart ? new float[gradient.Length] : gradient;
        if (gradient is not null && part != gradient)
        {
            Array.Clear(gradient);
        }

        for (var first = 0; first < Count; first += RowsOfPart)
        {
            var rows = Math.Min(RowsOfPart, Count - first);
            var share = (double)rows / Count;
            loss += share * network.Loss(
                new ArraySegment<float>(features.Data, first * Columns, rows * Columns), new ArraySegment<float>(targets, first * classes, rows * classes), rows, part);
            correct += network.Correct;
            if (part != gradient)
            {
                TensorPrimitives.MultiplyAdd(part, (float)share, gradient, gradient);
            }
        }

        return (loss, correct);
    }

    /// <summary>Copies rows and their targets one after the other.</summary>
    public void Gather(ReadOnlySpan<int> rows, Span<float> input, Span<float> wanted)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            features.Row(rows[i]).CopyTo(input[(i * Columns)..]);
            targets.AsSpan(rows[i] * classes, classes).CopyTo(wanted[(i * classes)..]);
        }
    }

    /// <summary>As <see cref="Gather"/>, each row mixed with a partner: share × row + (1 − share) × partner.</summary>
    public void GatherMixed(ReadOnlySpan<int> rows, ReadOnlySpan<int> partners, float share, Span<float> input, Span<float> wanted)
    {
        Gather(rows, input, wanted);
        for (var i = 0; i < rows.Length; i++)
        {
            Mix(input.Slice(i * Columns, Columns), features.Row(partners[i]), share);
            Mix(wanted.Slice(i * classes, classes), targets.AsSpan(partners[i] * classes, classes), share);
        }
    }

    private static void Mix(Span<float> row, ReadOnlySpan<float> partner, float share)
    {
        TensorPrimitives.Multiply(row, share, row);
        TensorPrimitives.MultiplyAdd(partner, 1 - share, row, row);
    }
}
