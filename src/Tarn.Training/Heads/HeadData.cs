using System.Globalization;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>Rows to train, validate or test a head with: a vector of features and the number of a class each.</summary>
public sealed class HeadData
{
    /// <summary>Takes the rows; nothing is copied.</summary>
    /// <param name="features">A row for each example.</param>
    /// <param name="labels">The class of each row, 0 to classes − 1.</param>
    /// <param name="classes">The classes' names, at least two, all different; their order is the order of the probabilities.</param>
    /// <param name="rowNames">What each row is called in errors, such as its file; or null.</param>
    /// <exception cref="TarnException">Numbers of rows differ, a label is out of range, a feature is NaN or infinite (the message names its row and column), or classes are missing or repeated.</exception>
    public HeadData(FloatMatrix features, IReadOnlyList<int> labels, IReadOnlyList<string> classes, IReadOnlyList<string>? rowNames = null)
    {
        if (classes.Count < 2 || classes.Distinct(StringComparer.Ordinal).Count() != classes.Count)
        {
            throw TarnException.InvalidInput("A head tells at least two classes of different names apart.", string.Join(", ", classes), "Name each class once.");
        }

        if (labels.Count != features.Rows || (rowNames is not null && rowNames.Count != features.Rows))
        {
            throw TarnException.InvalidInput(
                "Every row has one label and, where rows have names, one name.", $"{features.Rows} rows, {labels.Count} labels, {rowNames?.Count.ToString(CultureInfo.InvariantCulture) ?? "no"} names", "Pass as many of each.");
        }

        for (var i = 0; i < labels.Count; i++)
        {
            if (labels[i] < 0 || labels[i] >= classes.Count)
            {
                throw TarnException.InvalidInput($"A label is the number of a class, 0 to {classes.Count - 1}.", $"row {i}{(rowNames is null ? "" : $" ({rowNames[i]})")}: {labels[i]}", "Correct the label, or name the class.");
            }
        }

        features.CheckFinite("feature", rowNames);
        (Features, Labels, Classes, RowNames) = (features, [.. labels], classes, rowNames);
    }

    /// <summary>The features, a row for each example.</summary>
    public FloatMatrix Features { get; }

    /// <summary>The class of each row.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>The classes' names.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>What rows are called, or null.</summary>
    public IReadOnlyList<string>? RowNames { get; }

    /// <summary>How many rows there are of each class.</summary>
    internal int[] CountClasses()
    {
        var counts = new int[Classes.Count];
        foreach (var label in Labels)
        {
            counts[label]++;
        }

        return counts;
    }

    /// <summary>Throws unless this can be trained on: some columns, and a row of each class.</summary>
    internal void CheckTrainable()
    {
        if (Features.Columns == 0)
        {
            throw TarnException.InvalidInput("A row to train on has at least one feature.", $"{Features.Rows} × 0", "Compute the embeddings first.");
        }

        var missing = CountClasses().Select((count, c) => (count, name: Classes[c])).Where(static x => x.count == 0).Select(static x => x.name).ToList();
        if (missing.Count > 0)
        {
            throw TarnException.InvalidInput("Every class has at least one training row.", string.Join(", ", missing), "Add examples of it, or leave the class out.");
        }
    }

    /// <summary>Throws unless this can be used beside the rows that were trained on.</summary>
    internal void CheckMatches(HeadData train)
    {
        if (Features.Columns != train.Features.Columns || !Classes.SequenceEqual(train.Classes, StringComparer.Ordinal))
        {
            throw TarnException.InvalidInput(
                "Training and validation rows have the same features and classes.",
                $"{train.Features.Columns} features of {string.Join(", ", train.Classes)}; {Features.Columns} features of {string.Join(", ", Classes)}",
                "Make both from one data set.");
        }
    }
}
