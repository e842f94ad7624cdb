using System.Globalization;
using System.Numerics.Tensors;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>What a model said of rows whose classes are known. Immutable; safe for use from several threads.</summary>
public sealed class PredictionSet
{
    private readonly Lazy<int[][]> _order;

    /// <summary>Takes predictions; nothing is copied.</summary>
    /// <param name="probabilities">For each row the probability of each class, adding up to 1 (within 0.001).</param>
    /// <param name="labels">The class of each row, 0 to classes − 1.</param>
    /// <param name="classes">The classes' names, at least two.</param>
    /// <param name="slices">Ways to slice the rows: a name, such as <c>camera</c>, and each row's value of it. Default: none.</param>
    /// <param name="rowNames">What rows are called, such as their files; or null.</param>
    /// <exception cref="TarnException">There are no rows, numbers of rows or classes differ, a label is out of range, or a probability is not one (the message names its row and column).</exception>
    public PredictionSet(
        FloatMatrix probabilities, IReadOnlyList<int> labels, IReadOnlyList<string> classes, IReadOnlyDictionary<string, IReadOnlyList<string>>? slices = null, IReadOnlyList<string>? rowNames = null)
        : this(probabilities, labels, classes, slices ?? new Dictionary<string, IReadOnlyList<string>>(), rowNames, null)
    {
        Check();
    }

    private PredictionSet(
        FloatMatrix probabilities, IReadOnlyList<int> labels, IReadOnlyList<string> classes, IReadOnlyDictionary<string, IReadOnlyList<string>> slices, IReadOnlyList<string>? rowNames, double? threshold)
    {
        (Probabilities, Labels, Classes, Slices, RowNames, Threshold) = (probabilities, [.. labels], classes, slices, rowNames, threshold);
        Predicted = new int[probabilities.Rows];
        if (classes.Count > 0 && probabilities.Columns == classes.Count)
        {
            for (var r = 0; r < Predicted.Length; r++)
            {
                var row = probabilities.Row(r);
                Predicted[r] = threshold is { } t ? (row[1] >= t ? 1 : 0) : TensorPrimitives.IndexOfMax<float>(row);
            }
        }

        _order = new Lazy<int[][]>(() => [.. Enumerable.Range(0, Classes.Count).Select(Descending)]);
    }

    /// <summary>For each row the probability of each class.</summary>
    public FloatMatrix Probabilities { get; }

    /// <summary>The class of each row.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>The classes' names; of two, the second is the positive one.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Ways to slice the rows.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Slices { get; }

    /// <summary>What rows are called, or null.</summary>
    public IReadOnlyList<string>? RowNames { get; }

    /// <summary>From which probability of the second of two classes on a row is taken for it; null: the likeliest class, of equally likely ones the first.</summary>
    public double? Threshold { get; }

    /// <summary>How many rows.</summary>
    public int Count => Labels.Count;

    /// <summary>The class that each row is taken for.</summary>
    internal int[] Predicted { get; }

    /// <summary>The same predictions, judged by a threshold on the probability of the second of two classes.</summary>
    /// <exception cref="TarnException">There are more than two classes.</exception>
    public PredictionSet WithThreshold(double threshold)
    {
        CheckBinary();
        return new PredictionSet(Probabilities, Labels, Classes, Slices, RowNames, threshold);
    }

    /// <summary>The rows by falling probability of a class.</summary>
    internal int[] Order(int ofClass) => _order.Value[ofClass];

    /// <summary>The classes whose curves are looked at: the second of two, each of more.</summary>
    internal IEnumerable<int> Judged => Classes.Count == 2 ? [1] : Enumerable.Range(0, Classes.Count);

    internal void CheckBinary()
    {
        if (Classes.Count != 2)
        {
            throw TarnException.InvalidInput("A threshold tells two classes apart.", $"{Classes.Count} classes: {string.Join(", ", Classes)}", "Use the likeliest class.");
        }
    }

    private int[] Descending(int ofClass)
    {
        var order = Enumerable.Range(0, Count).ToArray();
        var keys = new float[Count];
        for (var r = 0; r < Count; r++)
        {
            keys[r] = -Probabilities[r, ofClass];
        }

        Array.Sort(keys, order);
        return order;
    }

    private void Check()
    {
        if (Count == 0 || Classes.Count < 2 || Probabilities.Columns != Classes.Count || Probabilities.Rows != Count || (RowNames is not null && RowNames.Count != Count)
            || Slices.Any(s => s.Value.Count != Count))
        {
            throw TarnException.InvalidInput(
                "Predictions have at least one row, each with a label, a probability for each of at least two classes, and a value of each slice.",
                $"{Probabilities.Rows} × {Probabilities.Columns} probabilities, {Count} labels, {Classes.Count} classes{string.Concat(Slices.Select(static s => $", {s.Value.Count} of slice {s.Key}"))}");
        }

        Probabilities.CheckFinite("probability", RowNames);
        for (var r = 0; r < Count; r++)
        {
            var row = Probabilities.Row(r);
            var name = RowNames is null ? "" : $" ({RowNames[r]})";
            if (Labels[r] < 0 || Labels[r] >= Classes.Count)
            {
                throw TarnException.InvalidInput($"A label is the number of a class, 0 to {Classes.Count - 1}.", $"row {r}{name}: {Labels[r]}");
            }

            if (TensorPrimitives.Min<float>(row) < 0 || Math.Abs(TensorPrimitives.Sum<float>(row) - 1) > 0.001)
            {
                throw TarnException.InvalidInput(
                    "A row's probabilities are at least 0 and add up to 1.", string.Create(CultureInfo.InvariantCulture, $"row {r}{name}: {string.Join(", ", row.ToArray())}"), "Put softmax over the scores first.");
            }
        }
    }
}
